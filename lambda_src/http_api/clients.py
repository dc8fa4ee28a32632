"""Clients of AWS's services, made within a cold start, of which making them is most.

They are made by botocore: boto3's session adds a fifth to a cold start and nothing that is used here. What
several clients read alike, AWS's partitions and defaults, is read once.
"""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

SERVICES = ("s3", "sagemaker", "sagemaker-runtime")


class _ServicesLoader(Loader):  # type: ignore[misc]
    """Knows of `SERVICES` alone: botocore's own looks through the folders of all 400 for a name."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002
        """Part of botocore's interface."""
        return list(SERVICES)


def make_client(service: str, **settings: Any) -> Any:
    """Return a client of one of `SERVICES`; `settings` are botocore's `Config`."""
    return _session().create_client(service, config=Config(**settings))


@cache
def _session() -> Any:
    session = botocore.session.get_session()
    session.register_component("data_loader", _ServicesLoader())
    return session
