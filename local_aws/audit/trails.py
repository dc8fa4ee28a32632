"""Trails: what ministack's don't check or keep, their deliveries' state, and CloudFormation's type.

CloudTrail accepts a trail only if it could deliver: the bucket's policy must let it, and the key's policy if
there is a key.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudtrail-trail.html
"""

import json
from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudtrail, kms, s3
from ministack.services.cloudformation import provisioners

from local_aws import cloudformation
from local_aws.cloudformation import Properties

HOOKS = (
    *cloudformation.HOOKS,
    "ministack.core.iam_evaluator:EvalContext",
    "ministack.core.iam_evaluator:evaluate_resource_policy",
    "ministack.services.cloudformation.provisioners:_physical_name",
    "ministack.services.cloudtrail:_DISPATCH",
    "ministack.services.cloudtrail:_TRAIL_STATE_KEYS",
    "ministack.services.cloudtrail:_err",
    "ministack.services.cloudtrail:_find_visible_trail",
    "ministack.services.cloudtrail:_normalize_kms_key_id",
    "ministack.services.cloudtrail:_trail_arn",
    "ministack.services.cloudtrail:_trail_tags",
    "ministack.services.cloudtrail:_trails",
    "ministack.services.kms:_resolve_key",
    "ministack.services.kms:key_policy_for_arn",
    "ministack.services.s3:_buckets",
    "ministack.services.s3:bucket_policy_for_arn",
)

_TYPE = "AWS::CloudTrail::Trail"
_SERVICE = "cloudtrail.amazonaws.com"
_LONGEST_NAME = 128
_LOG_GROUP_MEMBERS = ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")
# CloudFormation's names of the API's members, where they differ.
_RENAMED = {"KMSKeyId": "KmsKeyId"}
_BOOLEANS = ("EnableLogFileValidation", "IncludeGlobalServiceEvents", "IsMultiRegionTrail")
_MEMBERS = ("S3BucketName", "S3KeyPrefix", "SnsTopicName", "KMSKeyId", *_LOG_GROUP_MEMBERS, *_BOOLEANS)
_ABSENT = ("InsightSelectors", "AggregationConfigurations", "IsOrganizationTrail")

Trail = dict[str, Any]


class TrailRefusedError(ValueError):
    """CloudTrail's error code, and its text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def install() -> None:
    """Check trails that are made or changed, and register CloudFormation's type."""
    # Members that begin with an underscore are no part of the Trail shape.
    cloudtrail._TRAIL_STATE_KEYS |= {"_DeliveredAt", "_DeliveryError"}
    for action in ("CreateTrail", "UpdateTrail"):
        cloudtrail._DISPATCH[action] = _checked(cloudtrail._DISPATCH[action])
    cloudtrail._DISPATCH["GetTrailStatus"] = _with_deliveries(cloudtrail._DISPATCH["GetTrailStatus"])
    cloudformation.register(_TYPE, create=_create, update=_update, delete=_delete, tags="Tags")


def log_prefix(trail: Trail, account: str) -> str:
    """The part of its bucket that a trail writes to."""
    prefix = trail.get("S3KeyPrefix")
    return f"{prefix}/AWSLogs/{account}/" if prefix else f"AWSLogs/{account}/"


def check_destination(trail: Trail) -> None:
    """Raise TrailRefusedError unless CloudTrail may write to the trail's bucket, with its key."""
    bucket, account = trail["S3BucketName"], get_account_id()
    if bucket not in s3._buckets:
        raise TrailRefusedError("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!")
    bucket_arn = f"arn:aws:s3:::{bucket}"
    policy = s3.bucket_policy_for_arn(bucket_arn)
    target = f"{bucket_arn}/{log_prefix(trail, account)}CloudTrail/{get_region()}/log"
    written = {"s3:x-amz-acl": "bucket-owner-full-control"}
    for action, resource, context in (("s3:GetBucketAcl", bucket_arn, {}), ("s3:PutObject", target, written)):
        if not policy or not _allows(policy[0], action, resource, trail, context):
            message = f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
            raise TrailRefusedError("InsufficientS3BucketPolicyException", message)
    if trail.get("KmsKeyId"):
        _check_key(trail)


def _check_key(trail: Trail) -> None:
    key = kms._resolve_key(trail["KmsKeyId"])
    if key is None or key["KeyState"] != "Enabled":
        raise TrailRefusedError("KmsKeyNotFoundException", f"KMS key {trail['KmsKeyId']} is not enabled.")
    context = {"kms:encryptioncontext:aws:cloudtrail:arn": trail["TrailARN"]}
    if not _allows(key["Policy"], "kms:GenerateDataKey", key["Arn"], trail, context):
        message = (
            f"Insufficient permissions to access S3 bucket {trail['S3BucketName']} or KMS key {key['Arn']}."
        )
        raise TrailRefusedError("InsufficientEncryptionPolicyException", message)


def _allows(policy: Any, action: str, resource: str, trail: Trail, context: dict[str, str]) -> bool:
    account = get_account_id()
    request = iam_evaluator.EvalContext(
        principal_arn=_SERVICE,
        principal_type="Service",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        secure_transport=True,
        service_context={
            "aws:sourcearn": trail["TrailARN"],
            "aws:sourceaccount": account,
            "aws:principalservicename": _SERVICE,
            "aws:principalisawsservice": "true",
            **context,
        },
    )
    decision = iam_evaluator.evaluate_resource_policy(policy, request, service=_SERVICE)
    return bool(decision.decision == "Allow")


def _checked(original: Callable[[Properties], Any]) -> Callable[[Properties], Any]:
    """Check a trail before it is made or changed, and keep its log group, which CreateTrail forgets."""

    def operation(body: Properties) -> Any:
        held = record_of(body.get("Name", ""))
        wanted = {**held, **body, "TrailARN": held.get("TrailARN") or cloudtrail._trail_arn(body.get("Name"))}
        wanted["KmsKeyId"] = cloudtrail._normalize_kms_key_id(wanted.get("KmsKeyId", ""))
        try:
            check_destination(wanted)
        except TrailRefusedError as error:
            return cloudtrail._err(error.code, str(error))
        answer = original(body)
        if answer[0] < 400:
            record_of(body["Name"]).update({name: body[name] for name in _LOG_GROUP_MEMBERS if name in body})
        return answer

    return operation


def _with_deliveries(original: Callable[[Properties], Any]) -> Callable[[Properties], Any]:
    def get_trail_status(body: Properties) -> Any:
        status, headers, content = original(body)
        if status >= 400:
            return status, headers, content
        trail, shown = record_of(body["Name"]), json.loads(content)
        if trail.get("_DeliveredAt"):
            shown["LatestDeliveryTime"] = trail["_DeliveredAt"]
        if trail.get("_DigestedAt"):
            shown["LatestDigestDeliveryTime"] = trail["_DigestedAt"]
        if trail.get("_DeliveryError"):
            shown["LatestDeliveryError"] = trail["_DeliveryError"]
        return status, headers, json.dumps(shown).encode()

    return get_trail_status


def record_of(name_or_arn: str) -> Trail:
    """The trail's own record, to read or to change; a new dictionary if there is none."""
    found = cloudtrail._find_visible_trail(name_or_arn)[2]
    return found if isinstance(found, dict) else {}


def _create(logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
    name = properties.get("TrailName") or provisioners._physical_name(
        stack, logical_id, max_len=_LONGEST_NAME
    )
    _refuse_absent(properties)
    _call("CreateTrail", {"Name": name, **_members(properties)})
    return name, _apply(name, properties)


def _update(name: str, old: Properties, new: Properties, stack: str) -> tuple[str, Properties]:
    if new.get("TrailName", name) != name:
        made = _create(name, new, stack)
        _delete(name, old)
        return made
    _refuse_absent(new)
    dropped = {_RENAMED.get(each, each): "" for each in _MEMBERS if each in old and each not in new}
    _call("UpdateTrail", {"Name": name, **dropped, **_members(new)})
    return name, _apply(name, new)


def _delete(name: str, _properties: Properties) -> None:
    if record_of(name):
        _call("DeleteTrail", {"Name": name})


def _apply(name: str, properties: Properties) -> Properties:
    """What CloudFormation sets of a trail that is there."""
    for member in ("EventSelectors", "AdvancedEventSelectors"):
        if properties.get(member):
            _call("PutEventSelectors", {"TrailName": name, member: _selectors(properties[member])})
    logging = cloudformation.is_true(properties["IsLogging"])
    _call("StartLogging" if logging else "StopLogging", {"Name": name})
    arn = record_of(name)["TrailARN"]
    cloudtrail._trail_tags[arn] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
    return {"Arn": arn, "SnsTopicArn": record_of(name).get("SnsTopicARN", "")}


def _refuse_absent(properties: Properties) -> None:
    for name in _ABSENT:
        if properties.get(name) and properties[name] != "false":
            raise ValueError(f"{name} of {_TYPE} isn't in the local AWS.")


def _members(properties: Properties) -> Properties:
    given = {name: properties[name] for name in _MEMBERS if name in properties}
    return {
        _RENAMED.get(name, name): cloudformation.is_true(value) if name in _BOOLEANS else value
        for name, value in given.items()
    }


def _selectors(selectors: list[Properties]) -> list[Properties]:
    member = "IncludeManagementEvents"
    return [
        {**each, member: cloudformation.is_true(each[member])} if member in each else each
        for each in selectors
    ]


def _call(action: str, body: Properties) -> None:
    cloudformation.succeed(cloudtrail._DISPATCH[action](body), f"{action} of trail {body.get('Name')}")
