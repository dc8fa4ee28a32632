"""UpdateEndpointWeightsAndCapacities: how many instances variants have, and their shares of the traffic.

A count is kept and shown; however many instances there are, one process on this machine serves.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpointWeightsAndCapacities.html
"""

from typing import Any

from local_aws.sagemaker import store
from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.hosting import endpoints
from local_aws.sagemaker.kinds import ENDPOINT


def update(params: dict[str, Any]) -> dict[str, Any]:
    """UpdateEndpointWeightsAndCapacities."""
    record = endpoints.steady(params["EndpointName"])
    if record["EndpointStatus"] != "InService":
        raise validation_error(f'Cannot update endpoint "{record["EndpointArn"]}", which is not in service.')
    variants = {variant["VariantName"]: variant for variant in record["_deployment"]["Variants"]}
    for wanted in params["DesiredWeightsAndCapacities"]:
        _check(wanted, variants)
    for wanted in params["DesiredWeightsAndCapacities"]:
        variant = variants[wanted["VariantName"]]
        variant["InstanceCount"] = wanted.get("DesiredInstanceCount", variant["InstanceCount"])
        variant["Weight"] = wanted.get("DesiredWeight", variant["Weight"])
    endpoints.reweigh(record)
    return {"EndpointArn": record["EndpointArn"]}


def instance_count(endpoint_name: str, variant_name: str) -> int | None:
    """How many instances a variant in service has; None if there is no such variant on instances."""
    record = store.find(ENDPOINT, endpoint_name)
    plans = record["_deployment"]["Variants"] if record and "_deployment" in record else []
    found = [plan["InstanceCount"] for plan in plans if plan["VariantName"] == variant_name]
    return found[0] if found else None


def _check(wanted: dict[str, Any], variants: dict[str, dict[str, Any]]) -> None:
    name = wanted["VariantName"]
    if name not in variants:
        raise validation_error(f"Variant {name} is not a variant of the endpoint: {', '.join(variants)}.")
    if "DesiredInstanceCount" in wanted and variants[name]["ServerlessConfig"]:
        raise validation_error(f"Variant {name} is serverless and has no DesiredInstanceCount.")
    if wanted.get("DesiredInstanceCount", 1) < 1:
        raise validation_error(f"DesiredInstanceCount of variant {name} must be at least 1.")
