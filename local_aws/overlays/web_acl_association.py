"""The CloudFormation type `AWS::WAFv2::WebACLAssociation`.

Without it, a template that protects an API stage with a web ACL is refused as a whole. What the ACL's rules
do is `web_acl_rules`.
"""

import json

from ministack.services import waf

from local_aws import cloudformation
from local_aws.cloudformation import Properties

HOOKS = (
    *cloudformation.HOOKS,
    "ministack.services.waf:_associate_web_acl",
    "ministack.services.waf:_disassociate_web_acl",
)

_TYPE = "AWS::WAFv2::WebACLAssociation"


def install() -> None:
    """Put this overlay in place."""
    cloudformation.register(
        _TYPE,
        create=_create,
        update=_update,
        delete=_delete,
        replaced_by=frozenset({"ResourceArn", "WebACLArn"}),
    )


def _create(logical_id: str, properties: Properties, _stack: str) -> tuple[str, Properties]:
    data = {"WebACLArn": properties["WebACLArn"], "ResourceArn": properties["ResourceArn"]}
    status, _, body = waf._associate_web_acl(data)
    if status >= 400:
        raise ValueError(f"{_TYPE} {logical_id} was refused: {json.loads(body)}")
    return f"{properties['WebACLArn']}|{properties['ResourceArn']}", {}


def _update(physical_id: str, _old: Properties, _new: Properties, _stack: str) -> tuple[str, Properties]:
    # Every property replaces the association, so nothing is left to update.
    return physical_id, {}


def _delete(_physical_id: str, properties: Properties) -> None:
    waf._disassociate_web_acl({"ResourceArn": properties["ResourceArn"]})
