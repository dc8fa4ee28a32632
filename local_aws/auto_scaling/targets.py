"""Scalable targets and their policies.

Registering a target brings its variant's instances within its limits, as on AWS. A policy is kept and shown;
the alarms that AWS makes for it aren't made, and it never scales.
https://docs.aws.amazon.com/autoscaling/application/userguide/services-that-can-integrate-sagemaker.html
"""

import re
import time
import uuid
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from local_aws.sagemaker import store
from local_aws.sagemaker.errors import ServiceError, validation_error
from local_aws.sagemaker.hosting import capacities
from local_aws.sagemaker.kinds import ENDPOINT

HOOKS = ("ministack.core.responses:AccountRegionScopedDict",)

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
LINKED_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"

_VARIANT = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")

Record = dict[str, Any]

targets = AccountRegionScopedDict()
"""By resource id; a target's policies are under `_policies`, by name."""


def register(params: Record) -> Record:
    """RegisterScalableTarget: a new one, or other limits of one that is there."""
    resource = _resource(params)
    former = targets.get(resource, {})
    limits = {name: params.get(name, former.get(name)) for name in ("MinCapacity", "MaxCapacity")}
    if None in limits.values():
        raise validation_error("MinCapacity and MaxCapacity are required to register a new scalable target.")
    if not 1 <= limits["MinCapacity"] <= limits["MaxCapacity"]:
        raise validation_error("MinCapacity must be at least 1 and at most MaxCapacity.")
    identity = {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": resource,
        "ScalableDimension": DIMENSION,
        "RoleARN": f"arn:aws:iam::{get_account_id()}:role/aws-service-role/{LINKED_SERVICE}/"
        "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
        "CreationTime": time.time(),
        "ScalableTargetARN": _arn(f"scalable-target/{uuid.uuid4().hex[:20]}"),
        "_policies": {},
    }
    targets[resource] = {**identity, **former, **limits}
    _bring_within(targets[resource])
    return {"ScalableTargetARN": targets[resource]["ScalableTargetARN"]}


def deregister(params: Record) -> Record:
    """DeregisterScalableTarget; its policies go with it."""
    _target(params)
    del targets[params["ResourceId"]]
    return {}


def describe(params: Record) -> Record:
    """DescribeScalableTargets."""
    wanted = params.get("ResourceIds")
    found = [target for target in list(targets.values()) if not wanted or target["ResourceId"] in wanted]
    return {"ScalableTargets": [_shown(target) for target in found]}


def put_policy(params: Record) -> Record:
    """PutScalingPolicy: a new one, or one in place of that of the name."""
    target = _target(params)
    if params.get("PolicyType") != "TargetTrackingScaling":
        raise validation_error("Only policies of type TargetTrackingScaling are supported here.")
    if "TargetTrackingScalingPolicyConfiguration" not in params:
        raise validation_error("TargetTrackingScalingPolicyConfiguration is required.")
    former = target["_policies"].get(params["PolicyName"], {})
    name = f"resource/{NAMESPACE}/{target['ResourceId']}:policyName/{params['PolicyName']}"
    target["_policies"][params["PolicyName"]] = {
        **params,
        "PolicyARN": former.get("PolicyARN", _arn(f"scalingPolicy:{uuid.uuid4()}:{name}")),
        "CreationTime": former.get("CreationTime", time.time()),
        "Alarms": [],
    }
    return {"PolicyARN": target["_policies"][params["PolicyName"]]["PolicyARN"], "Alarms": []}


def delete_policy(params: Record) -> Record:
    """DeleteScalingPolicy."""
    held = targets.get(params["ResourceId"], {}).get("_policies", {})
    if held.pop(params["PolicyName"], None) is None:
        raise _missing(f"No scaling policy found for resource ID: {params['ResourceId']}")
    return {}


def describe_policies(params: Record) -> Record:
    """DescribeScalingPolicies."""
    found = [policy for target in list(targets.values()) for policy in target["_policies"].values()]
    for member in ("ResourceId", "ScalableDimension"):
        found = [policy for policy in found if params.get(member, policy[member]) == policy[member]]
    names = params.get("PolicyNames")
    return {"ScalingPolicies": [each for each in found if not names or each["PolicyName"] in names]}


def of_endpoint(name: str) -> list[Record]:
    """The targets of an endpoint's variants."""
    return [target for target in list(targets.values()) if _named(target["ResourceId"])[0] == name]


def forget(endpoint_name: str) -> None:
    """An endpoint is deleted, and its targets with it."""
    for target in of_endpoint(endpoint_name):
        del targets[target["ResourceId"]]


def check_update(endpoint_name: str, serving: Record, plan: Record) -> None:
    """An update may not change the instance type of a variant that is a target.

    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """
    types = {variant["VariantName"]: variant.get("InstanceType") for variant in plan["Variants"]}
    held = {variant["VariantName"]: variant.get("InstanceType") for variant in serving["Variants"]}
    for target in of_endpoint(endpoint_name):
        variant = _named(target["ResourceId"])[1]
        if types.get(variant) != held.get(variant):
            raise validation_error(
                f"The variant {variant} is registered with Application Auto Scaling, so that its instance "
                "type can't be changed. Deregister it first."
            )


def _bring_within(target: Record) -> None:
    """A count that is outside of the limits is changed at once, unless the endpoint is being changed."""
    endpoint, variant = _named(target["ResourceId"])
    record, count = store.get(ENDPOINT, endpoint), capacities.instance_count(endpoint, variant)
    if count is None or record["EndpointStatus"] != "InService":
        return
    wanted = min(max(count, target["MinCapacity"]), target["MaxCapacity"])
    if wanted != count:
        desired = [{"VariantName": variant, "DesiredInstanceCount": wanted}]
        capacities.update({"EndpointName": endpoint, "DesiredWeightsAndCapacities": desired})


def _resource(params: Record) -> str:
    """The resource id of a variant that is there, on instances."""
    if (params["ServiceNamespace"], params["ScalableDimension"]) != (NAMESPACE, DIMENSION):
        raise validation_error(f"Only the dimension {DIMENSION} of {NAMESPACE} is supported here.")
    resource = str(params["ResourceId"])
    endpoint, variant = _named(resource)
    if capacities.instance_count(endpoint, variant) is None:
        raise validation_error(f"There is no variant on instances in service: {resource}")
    return resource


def _named(resource: str) -> tuple[str, str]:
    found = _VARIANT.fullmatch(resource)
    if found is None:
        raise validation_error(f"Unsupported resource id {resource}; use endpoint/<name>/variant/<name>.")
    return found["endpoint"], found["variant"]


def _target(params: Record) -> Record:
    found: Record | None = targets.get(params["ResourceId"])
    if found is None or params["ScalableDimension"] != DIMENSION:
        raise _missing(
            f"No scalable target found for service namespace: {params['ServiceNamespace']}, resource ID: "
            f"{params['ResourceId']}, scalable dimension: {params['ScalableDimension']}"
        )
    return found


def _missing(message: str) -> ServiceError:
    return ServiceError("ObjectNotFoundException", message)


def _shown(target: Record) -> Record:
    return {name: value for name, value in target.items() if not name.startswith("_")}


def _arn(resource: str) -> str:
    service = "autoscaling" if resource.startswith("scalingPolicy") else "application-autoscaling"
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"
