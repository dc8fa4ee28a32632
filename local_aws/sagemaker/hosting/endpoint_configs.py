"""Endpoint configurations: which models an endpoint serves, on what."""

from typing import Any

from local_aws.sagemaker import listing, model, store
from local_aws.sagemaker.kinds import ENDPOINT_CONFIG
from local_aws.sagemaker.rules import hosting as rules


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateEndpointConfig."""
    rules.check_endpoint_config(params)
    variants = [{"InitialVariantWeight": 1.0, **variant} for variant in params["ProductionVariants"]]
    fields = {**params, "ProductionVariants": variants}
    record = store.create(ENDPOINT_CONFIG, params["EndpointConfigName"], fields)
    return {"EndpointConfigArn": record["EndpointConfigArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeEndpointConfig."""
    return model.answer("DescribeEndpointConfig", store.get(ENDPOINT_CONFIG, params["EndpointConfigName"]))


def delete(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteEndpointConfig; an endpoint made from it goes on serving, as on AWS."""
    store.remove(ENDPOINT_CONFIG, params["EndpointConfigName"])
    return {}


def list_configs(params: dict[str, Any]) -> dict[str, Any]:
    """ListEndpointConfigs."""
    return listing.answer(ENDPOINT_CONFIG, params)
