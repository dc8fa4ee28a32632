"""An API call as one of CloudTrail's events.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
Simulated: `responseElements` is always null, and parameters of services with query or REST APIs are named as
in the request.
"""

import json
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from ministack.core import iam_evaluator
from ministack.services import iam

HOOKS = (
    "ministack.core.iam_evaluator:ResolvedCredential",
    "ministack.core.iam_evaluator:resolve_credential",
    "ministack.services.iam:_roles",
)

Event = dict[str, Any]

_VERSION = "1.11"
# CloudTrail leaves out what is secret, and parameters that are very long.
_SECRET = re.compile(r"password|secret|token|credential|authorization|signature", re.IGNORECASE)
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_LONGEST_PARAMETERS = 100_000
_READING = ("Get", "List", "Describe", "Head", "Lookup", "Search", "Query", "Scan", "Filter", "BatchGet")
# S3's actions that aren't named as its operations are.
_S3_OPERATIONS = {"ListBucket": "ListObjects", "ListAllMyBuckets": "ListBuckets"}
# Calls that move data: CloudTrail has them as data events, which a trail must select.
_DATA_EVENTS = re.compile(
    r"s3:(Get|Put|Head|Delete|Copy|Restore|Select)Object.*|s3:DeleteObjects|s3:ListParts|"
    r"s3:(Create|Complete|Abort)MultipartUpload|s3:UploadPart|lambda:Invoke.*|sagemaker:InvokeEndpoint|"
    r"dynamodb:.*(Item|Query|Scan).*|sqs:(Send|Receive|Delete)Message.*|sns:Publish.*|logs:PutLogEvents|"
    r"kinesis:(Put|Get)Record.*|monitoring:PutMetricData"
)
_ERROR_CODE = re.compile(rb"<Code>([^<]+)</Code>")
_ERROR_MESSAGE = re.compile(rb"<Message>([^<]*)</Message>")


@dataclass(frozen=True)
class Call:
    """A request that was answered."""

    service: str
    action: str
    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, Any]
    body: bytes
    access_key: str
    request_id: str
    account: str
    region: str
    status: int
    response_headers: Mapping[str, str]
    response: bytes


def event(call: Call) -> Event:
    """The event of a call."""
    name = operation(call)
    data = _DATA_EVENTS.fullmatch(f"{call.service}:{name}") is not None
    made: Event = {
        "eventVersion": _VERSION,
        "userIdentity": _identity(call),
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": name,
        "awsRegion": call.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": call.headers.get("user-agent", ""),
        "requestParameters": _parameters(call),
        "responseElements": None,
        "requestID": call.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": name.startswith(_READING),
        "resources": _resources(call),
        "eventType": "AwsApiCall",
        "managementEvent": not data,
        "recipientAccountId": call.account,
        "eventCategory": "Data" if data else "Management",
    }
    if call.status >= 400:
        made["errorCode"], made["errorMessage"] = _error(call)
    return made


def operation(call: Call) -> str:
    """The name of the operation that was called."""
    target = call.headers.get("x-amz-target", "").rpartition(".")[2]
    action = call.query.get("Action") or dict(_form(call)).get("Action")
    if target or action:
        return target or (action[0] if isinstance(action, list) else str(action))
    name = call.action.partition(":")[2]
    return _s3_operation(call, name) if call.service == "s3" else name


def _s3_operation(call: Call, action: str) -> str:
    if "uploadId" in call.query:
        return {"PUT": "UploadPart", "POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload"}.get(
            call.method, "ListParts"
        )
    if call.method == "POST" and "uploads" in call.query:
        return "CreateMultipartUpload"
    if call.method == "POST" and "delete" in call.query:
        return "DeleteObjects"
    if call.method == "PUT" and "x-amz-copy-source" in call.headers and action == "PutObject":
        return "CopyObject"
    if call.method == "HEAD":
        return "HeadObject" if "/" in call.path.strip("/") else "HeadBucket"
    return _S3_OPERATIONS.get(action, action)


def _identity(call: Call) -> dict[str, Any]:
    if not call.access_key:
        return {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    credential = iam_evaluator.resolve_credential(call.access_key, call.account)
    if not isinstance(credential, iam_evaluator.ResolvedCredential):
        return {"type": "Unknown", "accessKeyId": call.access_key}
    identity: dict[str, Any] = {
        "type": {"User": "IAMUser"}.get(credential.principal_type, credential.principal_type),
        "principalId": credential.principal_id,
        "arn": credential.principal_arn,
        "accountId": credential.account_id,
        "accessKeyId": call.access_key,
    }
    if credential.principal_type == "User":
        identity["userName"] = credential.principal_name
    if credential.principal_type == "AssumedRole":
        identity["sessionContext"] = _session(credential.principal_arn, credential.account_id)
    return identity


def _session(session_arn: str, account: str) -> dict[str, Any]:
    name = session_arn.split("/")[1]
    role = iam._roles.get(name) or {}
    issuer = {
        "type": "Role",
        "principalId": role.get("RoleId", ""),
        "arn": role.get("Arn", f"arn:aws:iam::{account}:role/{name}"),
        "accountId": account,
        "userName": name,
    }
    return {"sessionIssuer": issuer, "attributes": {"mfaAuthenticated": "false"}}


def _parameters(call: Call) -> dict[str, Any] | None:
    if call.service == "s3":
        return _s3_parameters(call)
    parameters: Any = dict(_form(call))
    if not parameters and call.body[:1] == b"{" and len(call.body) <= _LONGEST_PARAMETERS:
        try:
            parameters = json.loads(call.body)
        except ValueError:
            return None
    shown = _shown({name: value for name, value in parameters.items() if name not in ("Action", "Version")})
    return shown or None


def _s3_parameters(call: Call) -> dict[str, Any] | None:
    bucket, _, key = call.path.strip("/").partition("/")
    if not bucket:
        return None
    named = {"bucketName": bucket, "Host": call.headers.get("host", "")}
    return {**named, "key": key} if key else named


def _form(call: Call) -> list[tuple[str, str]]:
    if not call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return []
    return parse_qsl(call.body[:_LONGEST_PARAMETERS].decode("utf-8", "replace"))


def _shown(value: Any) -> Any:
    """Parameters as CloudTrail writes them: names begin in lower case, secrets are left out."""
    if isinstance(value, dict):
        return {
            f"{name[:1].lower()}{name[1:]}": _HIDDEN if _SECRET.search(name) else _shown(part)
            for name, part in value.items()
        }
    return [_shown(part) for part in value] if isinstance(value, list) else value


def _resources(call: Call) -> list[dict[str, str]]:
    """The bucket and the object of a call to S3; other services' are in the parameters."""
    bucket, _, key = call.path.strip("/").partition("/") if call.service == "s3" else ("", "", "")
    if not bucket:
        return []
    found = [{"accountId": call.account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}]
    if key:
        found.insert(0, {"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"})
    return found


def _error(call: Call) -> tuple[str, str]:
    header = next(
        (value for name, value in call.response_headers.items() if name.lower() == "x-amzn-errortype"), ""
    )
    try:
        body = json.loads(call.response or b"{}")
    except ValueError:
        code, message = _ERROR_CODE.search(call.response), _ERROR_MESSAGE.search(call.response)
        return (
            code[1].decode() if code else str(call.status),
            message[1].decode("utf-8", "replace") if message else "",
        )
    body = body if isinstance(body, dict) else {}
    code_text = header or str(body.get("__type") or body.get("Code") or call.status)
    return code_text.rpartition("#")[2].partition(":")[0], str(
        body.get("message") or body.get("Message") or ""
    )
