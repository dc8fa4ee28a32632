"""SageMaker's operations, by name."""

from collections.abc import Callable, Mapping
from typing import Any

from local_aws.sagemaker import registry, tags, validation
from local_aws.sagemaker.errors import ServiceError
from local_aws.sagemaker.hosting import endpoint_configs, endpoints, models
from local_aws.sagemaker.jobs import processing, training, transform
from local_aws.sagemaker.jobs.tuning import operations as tuning

Operation = Callable[[dict[str, Any]], dict[str, Any]]

OPERATIONS: Mapping[str, Operation] = {
    "CreateTrainingJob": training.create,
    "DescribeTrainingJob": training.describe,
    "StopTrainingJob": training.stop,
    "ListTrainingJobs": training.list_jobs,
    "CreateHyperParameterTuningJob": tuning.create,
    "DescribeHyperParameterTuningJob": tuning.describe,
    "StopHyperParameterTuningJob": tuning.stop,
    "ListHyperParameterTuningJobs": tuning.list_jobs,
    "ListTrainingJobsForHyperParameterTuningJob": tuning.list_training_jobs,
    "CreateProcessingJob": processing.create,
    "DescribeProcessingJob": processing.describe,
    "StopProcessingJob": processing.stop,
    "ListProcessingJobs": processing.list_jobs,
    "CreateTransformJob": transform.create,
    "DescribeTransformJob": transform.describe,
    "StopTransformJob": transform.stop,
    "ListTransformJobs": transform.list_jobs,
    "CreateModel": models.create,
    "DescribeModel": models.describe,
    "DeleteModel": models.delete,
    "ListModels": models.list_models,
    "CreateEndpointConfig": endpoint_configs.create,
    "DescribeEndpointConfig": endpoint_configs.describe,
    "DeleteEndpointConfig": endpoint_configs.delete,
    "ListEndpointConfigs": endpoint_configs.list_configs,
    "CreateEndpoint": endpoints.create,
    "UpdateEndpoint": endpoints.update,
    "DescribeEndpoint": endpoints.describe,
    "DeleteEndpoint": endpoints.delete,
    "ListEndpoints": endpoints.list_endpoints,
    "CreateModelPackageGroup": registry.create_group,
    "DescribeModelPackageGroup": registry.describe_group,
    "DeleteModelPackageGroup": registry.delete_group,
    "ListModelPackageGroups": registry.list_groups,
    "CreateModelPackage": registry.create_package,
    "DescribeModelPackage": registry.describe_package,
    "UpdateModelPackage": registry.update_package,
    "DeleteModelPackage": registry.delete_package,
    "ListModelPackages": registry.list_packages,
    "AddTags": tags.add_tags,
    "ListTags": tags.list_tags,
    "DeleteTags": tags.delete_tags,
}


def call(operation: str, params: dict[str, Any]) -> dict[str, Any]:
    """Validate a request and answer it.

    Raises:
        ServiceError: as SageMaker does; UnknownOperationException for an operation that this AWS doesn't
        have.
    """
    if operation not in OPERATIONS:
        known = ", ".join(sorted(OPERATIONS))
        raise ServiceError(
            "UnknownOperationException", f"This AWS does not have SageMaker's {operation}. It has: {known}."
        )
    validation.validate(operation, params)
    return OPERATIONS[operation](params)
