"""SageMaker's operations, by name."""

from collections.abc import Callable, Mapping
from typing import Any

from local_aws.sagemaker import registry, tags, validation
from local_aws.sagemaker.errors import ServiceError
from local_aws.sagemaker.hosting import capacities, endpoint_configs, endpoints, models
from local_aws.sagemaker.jobs import processing, training, transform
from local_aws.sagemaker.jobs.tuning import operations as tuning
from local_aws.sagemaker.notebooks import instances as notebooks
from local_aws.sagemaker.notebooks import lifecycle_configs as notebook_lifecycle_configs
from local_aws.sagemaker.studio import apps, domains, profiles, spaces
from local_aws.sagemaker.studio import lifecycle_configs as studio_lifecycle_configs

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
    "UpdateEndpointWeightsAndCapacities": capacities.update,
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
    "CreateDomain": domains.create,
    "DescribeDomain": domains.describe,
    "UpdateDomain": domains.update,
    "DeleteDomain": domains.delete,
    "ListDomains": domains.list_domains,
    "CreateUserProfile": profiles.create,
    "DescribeUserProfile": profiles.describe,
    "UpdateUserProfile": profiles.update,
    "DeleteUserProfile": profiles.delete,
    "ListUserProfiles": profiles.list_profiles,
    "CreateSpace": spaces.create,
    "DescribeSpace": spaces.describe,
    "UpdateSpace": spaces.update,
    "DeleteSpace": spaces.delete,
    "ListSpaces": spaces.list_spaces,
    "CreateApp": apps.create,
    "DescribeApp": apps.describe,
    "DeleteApp": apps.delete,
    "ListApps": apps.list_apps,
    "CreateStudioLifecycleConfig": studio_lifecycle_configs.create,
    "DescribeStudioLifecycleConfig": studio_lifecycle_configs.describe,
    "DeleteStudioLifecycleConfig": studio_lifecycle_configs.delete,
    "ListStudioLifecycleConfigs": studio_lifecycle_configs.list_configs,
    "CreateNotebookInstance": notebooks.create,
    "DescribeNotebookInstance": notebooks.describe,
    "StartNotebookInstance": notebooks.start,
    "StopNotebookInstance": notebooks.stop,
    "UpdateNotebookInstance": notebooks.update,
    "DeleteNotebookInstance": notebooks.delete,
    "ListNotebookInstances": notebooks.list_instances,
    "CreateNotebookInstanceLifecycleConfig": notebook_lifecycle_configs.create,
    "DescribeNotebookInstanceLifecycleConfig": notebook_lifecycle_configs.describe,
    "UpdateNotebookInstanceLifecycleConfig": notebook_lifecycle_configs.update,
    "DeleteNotebookInstanceLifecycleConfig": notebook_lifecycle_configs.delete,
    "ListNotebookInstanceLifecycleConfigs": notebook_lifecycle_configs.list_configs,
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
