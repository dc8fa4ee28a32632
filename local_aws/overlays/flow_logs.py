"""Flow logs as they were made, and CloudFormation's type for them.

ministack forgets a flow log's role, format and interval, and has no AWS::EC2::FlowLog. There is no traffic
here to log: a flow log is kept and shown, and writes nothing.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
"""

import secrets
from typing import Any
from xml.sax.saxutils import escape

from ministack.core.responses import get_account_id, get_region, now_iso
from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from local_aws import cloudformation
from local_aws.cloudformation import Properties
from local_aws.network import filters

HOOKS = (
    *cloudformation.HOOKS,
    *filters.HOOKS,
    "ministack.core.responses:now_iso",
    "ministack.services.cloudformation.provisioners:_ec2_apply_tags",
    "ministack.services.ec2:_ACTION_MAP",
    "ministack.services.ec2:_flow_logs",
    "ministack.services.ec2:_network_interfaces",
    "ministack.services.ec2:_p",
    "ministack.services.ec2:_parse_member_list",
    "ministack.services.ec2:_parse_tag_specs",
    "ministack.services.ec2:_subnets",
    "ministack.services.ec2:_tag_set_xml",
    "ministack.services.ec2:_tags",
    "ministack.services.ec2:_vpcs",
    "ministack.services.ec2:_xml",
)

_TYPE = "AWS::EC2::FlowLog"
_SETTINGS = (
    "ResourceType",
    "TrafficType",
    "LogDestinationType",
    "LogDestination",
    "LogGroupName",
    "DeliverLogsPermissionArn",
    "DeliverCrossAccountRole",
    "LogFormat",
    "MaxAggregationInterval",
)
_FILTERS = (
    "deliver-log-status",
    "flow-log-id",
    "log-destination-type",
    "log-group-name",
    "resource-id",
    "traffic-type",
)
_DEFAULT_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
    "${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
)
_DEFAULT_INTERVAL_SECONDS = "600"

FlowLog = dict[str, str]


def install() -> None:
    """Put this overlay in place."""
    ec2._ACTION_MAP["CreateFlowLogs"] = _create_by_api
    ec2._ACTION_MAP["DescribeFlowLogs"] = _describe
    cloudformation.register(
        _TYPE,
        create=_create_in_stack,
        update=_update_in_stack,
        delete=_delete_in_stack,
        replaced_by=frozenset({"ResourceId", "DestinationOptions", *_SETTINGS}),
        tags="Tags",
    )


def _create_by_api(params: dict[str, Any]) -> Any:
    settings = {name: ec2._p(params, name) for name in _SETTINGS if ec2._p(params, name)}
    try:
        made = [_create(each, settings) for each in ec2._parse_member_list(params, "ResourceId")]
    except ValueError as error:
        return ec2._error("InvalidParameter", str(error), 400)
    for flow_log_id in made:
        ec2._parse_tag_specs(params, "flow-log", flow_log_id)
    ids = "".join(f"<item>{each}</item>" for each in made)
    return ec2._xml(200, "CreateFlowLogsResponse", f"<flowLogIdSet>{ids}</flowLogIdSet><unsuccessful/>")


def _create_in_stack(_logical_id: str, properties: Properties, _stack: str) -> tuple[str, Properties]:
    settings = {name: str(properties[name]) for name in _SETTINGS if name in properties}
    flow_log_id = _create(properties["ResourceId"], settings)
    provisioners._ec2_apply_tags(flow_log_id, properties)
    return flow_log_id, {"Id": flow_log_id}


def _update_in_stack(
    flow_log_id: str, old: Properties, new: Properties, _stack: str
) -> tuple[str, Properties]:
    provisioners._ec2_apply_tags(flow_log_id, new, old)
    return flow_log_id, {"Id": flow_log_id}


def _delete_in_stack(flow_log_id: str, _properties: Properties) -> None:
    ec2._flow_logs.pop(flow_log_id, None)
    ec2._tags.pop(flow_log_id, None)


def _create(resource_id: str, settings: FlowLog) -> str:
    """Make a flow log, and give its id; raises ValueError with EC2's reason."""
    destination_type = settings.get("LogDestinationType", "cloud-watch-logs")
    _check(resource_id, destination_type, settings)
    flow_log_id = "fl-" + secrets.token_hex(9)[:17]
    ec2._flow_logs[flow_log_id] = {
        "TrafficType": "ALL",
        "LogFormat": _DEFAULT_FORMAT,
        "MaxAggregationInterval": _DEFAULT_INTERVAL_SECONDS,
        **settings,
        "FlowLogId": flow_log_id,
        "ResourceId": resource_id,
        "LogDestinationType": destination_type,
        "LogDestination": settings.get("LogDestination") or _log_group_arn(settings.get("LogGroupName", "")),
        "FlowLogStatus": "ACTIVE",
        "DeliverLogsStatus": "SUCCESS",
        "CreationTime": now_iso(),
    }
    return flow_log_id


def _check(resource_id: str, destination_type: str, settings: FlowLog) -> None:
    known = {"VPC": ec2._vpcs, "Subnet": ec2._subnets, "NetworkInterface": ec2._network_interfaces}
    resources = known.get(settings.get("ResourceType", ""))
    if resources is None:
        raise ValueError(f"ResourceType must be one of {', '.join(known)}.")
    if resource_id not in resources:
        raise ValueError(f"The {settings['ResourceType']} '{resource_id}' does not exist.")
    if not settings.get("LogDestination") and not settings.get("LogGroupName"):
        raise ValueError("LogDestination can't be empty if LogGroupName is not provided.")
    if destination_type == "cloud-watch-logs" and not settings.get("DeliverLogsPermissionArn"):
        raise ValueError("DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.")
    if destination_type == "s3" and settings.get("DeliverLogsPermissionArn"):
        raise ValueError("DeliverLogsPermissionArn is not applicable for s3 delivery.")


def _log_group_arn(name: str) -> str:
    return f"arn:aws:logs:{get_region()}:{get_account_id()}:log-group:{name}"


def _describe(params: dict[str, Any]) -> Any:
    found = filters.selected(params, "FlowLogId", ec2._flow_logs.values(), _values)
    shown = "".join(map(_xml, found))
    return filters.unknown(filters.requested(params), _FILTERS) or ec2._xml(
        200, "DescribeFlowLogsResponse", f"<flowLogSet>{shown}</flowLogSet>"
    )


def _values(flow_log: FlowLog) -> filters.Values:
    return {
        "deliver-log-status": flow_log["DeliverLogsStatus"],
        "flow-log-id": flow_log["FlowLogId"],
        "log-destination-type": flow_log["LogDestinationType"],
        "log-group-name": flow_log.get("LogGroupName", ""),
        "resource-id": flow_log["ResourceId"],
        "traffic-type": flow_log["TrafficType"],
    }


def _xml(flow_log: FlowLog) -> str:
    shown = "".join(
        f"<{name[0].lower()}{name[1:]}>{escape(value)}</{name[0].lower()}{name[1:]}>"
        for name, value in flow_log.items()
        if name != "ResourceType"
    )
    return f"<item>{shown}{ec2._tag_set_xml(flow_log['FlowLogId'])}</item>"
