"""boto3 clients of this local AWS that act as a role: what they do is checked as anyone's calls are."""

import functools
from typing import Any

import boto3
import botocore.loaders
import botocore.session

from local_aws import credentials


@functools.lru_cache(maxsize=1)
def _loader() -> botocore.loaders.Loader:
    """Reads each service's model once for all clients."""
    return botocore.loaders.create_loader()


def client(service: str, role_arn: str, session_name: str, service_principal: str) -> Any:
    """A boto3 client for `service`, acting as the role that `service_principal` assumes.

    Raises credentials.RoleNotAssumable. Calls go over HTTP to this very process: not for its event loop's
    thread.
    """
    environment = credentials.role_environment(role_arn, session_name, service_principal)
    core = botocore.session.Session()
    core.register_component("data_loader", _loader())
    session = boto3.Session(
        botocore_session=core,
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=environment["AWS_SESSION_TOKEN"],
        region_name=environment["AWS_REGION"],
    )
    return session.client(service, endpoint_url=environment["AWS_ENDPOINT_URL"])
