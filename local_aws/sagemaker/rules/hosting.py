"""Rules for models, endpoint configurations and endpoints."""

from typing import Any

from ministack.core.responses import get_region

from local_aws import credentials
from local_aws.images.catalogue import Image
from local_aws.sagemaker import store
from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.kinds import MODEL, MODEL_PACKAGE
from local_aws.sagemaker.rules import shared
from local_aws.sagemaker.transfer import RoleStorage, TransferError
from local_aws.sagemaker.uris import S3Location

SERVERLESS_MEMORY_MB = (1024, 2048, 3072, 4096, 5120, 6144)


def check_model(params: dict[str, Any]) -> None:
    """Every rule for CreateModel."""
    container = exactly_one_container_is_given(params)
    containers = [container]
    if "ModelPackageName" in container:
        containers = package_can_be_deployed(container["ModelPackageName"])
    role = params.get("ExecutionRoleArn")
    if role is not None:
        shared.role_can_be_assumed(role)
    for definition in containers:
        serving_image_is_known(definition)
        model_data_can_be_read(definition, role)


def check_endpoint_config(params: dict[str, Any]) -> None:
    """Every rule for CreateEndpointConfig."""
    variants = params["ProductionVariants"]
    shared.names_are_unique((variant["VariantName"] for variant in variants), "VariantName")
    for variant in variants:
        variant_has_model(variant)
        variant_is_serverless_or_instances(variant)
        serverless_memory_is_a_step(variant)
        provisioned_concurrency_fits(variant)
        shared.volume_key_fits_instance(variant.get("InstanceType", ""), params.get("KmsKeyId"), "KmsKeyId")
    serverless_variant_is_alone(variants)
    capture_is_of_instances(params)


def exactly_one_container_is_given(params: dict[str, Any]) -> dict[str, Any]:
    """A model has one container, given as PrimaryContainer or as a list of one; returns it."""
    containers = params.get("Containers", [])
    if ("PrimaryContainer" in params) == bool(containers):
        raise validation_error("Exactly one of PrimaryContainer and Containers must be specified.")
    if len(containers) > 1:
        raise validation_error("Inference pipelines (more than one container) are not supported here.")
    container: dict[str, Any] = params["PrimaryContainer"] if "PrimaryContainer" in params else containers[0]
    if ("Image" in container) == ("ModelPackageName" in container):
        raise validation_error("A container must have exactly one of Image and ModelPackageName.")
    return container


def package_can_be_deployed(arn: str) -> list[dict[str, Any]]:
    """The model package exists and says how to serve it; returns its containers."""
    package = store.get(MODEL_PACKAGE, arn.partition("/")[2])
    if "InferenceSpecification" not in package:
        raise validation_error(
            f"ModelPackage {arn} has no InferenceSpecification, so that it can't be deployed."
        )
    containers: list[dict[str, Any]] = package["InferenceSpecification"]["Containers"]
    return containers


def serving_image_is_known(container: dict[str, Any]) -> Image:
    """The container's image exists, and serves."""
    image = shared.image_is_known(container["Image"])
    if image.serve is None:
        raise validation_error(f"Image {image.name} does not serve models.")
    return image


def model_data_can_be_read(container: dict[str, Any], role_arn: str | None) -> None:
    """The model archive exists, and the execution role may read it."""
    uri = container.get("ModelDataUrl")
    if uri is None:
        return
    if role_arn is None:
        raise validation_error(f"ExecutionRoleArn is required to read model data at {uri}.")
    storage = RoleStorage(role_arn, credentials.role_environment(role_arn, "SageMaker"))
    try:
        storage.require(S3Location.parse(uri))
    except TransferError:
        raise validation_error(
            f'Could not access model data at {uri}. Please ensure that the role "{role_arn}" exists and '
            "that its "
            'trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that '
            "the object "
            f"is located in {get_region()}."
        ) from None


def variant_has_model(variant: dict[str, Any]) -> None:
    """A variant names a model that exists."""
    if "ModelName" not in variant:
        raise validation_error(f"ProductionVariant {variant['VariantName']} must have a ModelName.")
    store.get(MODEL, variant["ModelName"])


def variant_is_serverless_or_instances(variant: dict[str, Any]) -> None:
    """A variant is hosted on instances, or serverless, and never both."""
    name = variant["VariantName"]
    if "ServerlessConfig" in variant:
        given = [field for field in ("InstanceType", "InitialInstanceCount") if field in variant]
        if given:
            raise validation_error(
                f"ProductionVariant {name}: {', '.join(given)} can't be specified together with "
                "ServerlessConfig."
            )
    elif "InstanceType" not in variant or not variant.get("InitialInstanceCount"):
        raise validation_error(
            f"ProductionVariant {name} must have InstanceType and InitialInstanceCount, or a "
            "ServerlessConfig."
        )


def serverless_memory_is_a_step(variant: dict[str, Any]) -> None:
    """Serverless memory comes in steps of 1 GB."""
    memory = variant.get("ServerlessConfig", {}).get("MemorySizeInMB", 1024)
    if memory not in SERVERLESS_MEMORY_MB:
        allowed = ", ".join(map(str, SERVERLESS_MEMORY_MB))
        raise validation_error(
            f"1 validation error detected: Value '{memory}' at "
            "'productionVariants.serverlessConfig.memorySizeInMB' "
            f"failed to satisfy constraint: Member must be one of the 1 GB increments [{allowed}]"
        )


def provisioned_concurrency_fits(variant: dict[str, Any]) -> None:
    """Provisioned concurrency is a part of the highest concurrency."""
    config = variant.get("ServerlessConfig", {})
    if config.get("ProvisionedConcurrency", 0) > config.get("MaxConcurrency", 0):
        raise validation_error("ProvisionedConcurrency must not be greater than MaxConcurrency.")


def serverless_variant_is_alone(variants: list[dict[str, Any]]) -> None:
    """A serverless endpoint has one variant."""
    if len(variants) > 1 and any("ServerlessConfig" in variant for variant in variants):
        raise validation_error("Only one production variant is allowed for a serverless endpoint.")


def capture_is_of_instances(params: dict[str, Any]) -> None:
    """A serverless endpoint captures no data.

    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
    """
    serverless = any("ServerlessConfig" in variant for variant in params["ProductionVariants"])
    if serverless and "DataCaptureConfig" in params:
        raise validation_error("DataCaptureConfig is not supported for serverless endpoints.")
