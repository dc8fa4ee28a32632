"""The kinds of resource there are: how each is named, and what SageMaker says when one is missing or exists
already."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ministack.core.responses import get_account_id, get_region

from local_aws.sagemaker.errors import ServiceError, resource_in_use, resource_not_found, validation_error


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    `missing` and `existing` hold the text of the error, with `{arn}` and `{name}` in it; `is_missing` and
    `exists` make the errors of a name that isn't there and of one that is taken. `identified_by` lists the
    request parameters that make up the name where one isn't enough, each with its alternatives.
    """

    name: str
    arn_type: str
    summaries: str
    missing: str
    existing: str
    exists: Callable[[str], ServiceError] = validation_error
    is_missing: Callable[[str], ServiceError] = validation_error
    default_order: str = "Descending"
    keeps_case: bool = False
    identified_by: tuple[tuple[str, ...], ...] = ()

    def arn(self, name: str) -> str:
        """The resource's ARN in the caller's account and region; for most kinds it has the name in lower
        case."""
        shown = name if self.keeps_case else name.lower()
        return f"arn:aws:sagemaker:{get_region()}:{get_account_id()}:{self.arn_type}/{shown}"

    def not_found(self, name: str) -> ServiceError:
        """The error of a resource that isn't there."""
        return self.is_missing(self.missing.format(arn=self.arn(name), name=name))

    def already_exists(self, name: str) -> ServiceError:
        """The error of a name that is taken."""
        return self.exists(self.existing.format(arn=self.arn(name), name=name))

    def key(self, params: Mapping[str, object]) -> str | None:
        """The name that a request's parameters give, its parts joined by slashes; None if one is missing."""
        positions = self.identified_by or ((f"{self.name}Name",),)
        parts = [
            next((value for name in names if isinstance(value := params.get(name), str)), None)
            for names in positions
        ]
        return "/".join(part for part in parts if part is not None) if None not in parts else None


_JOB_EXISTS = (
    "Job name must be unique within an AWS account and region, "
    "and a job with this name already exists ({arn})"
)

TRAINING_JOB = Kind(
    "TrainingJob",
    "training-job",
    "TrainingJobSummaries",
    "Requested resource not found.",
    "Training job names must be unique within an AWS account and region, "
    "and a training job with this name already exists ({arn})",
    resource_in_use,
    default_order="Ascending",
)
HYPERPARAMETER_TUNING_JOB = Kind(
    "HyperParameterTuningJob",
    "hyper-parameter-tuning-job",
    "HyperParameterTuningJobSummaries",
    "Could not find requested job with name: {name}",
    _JOB_EXISTS,
    resource_in_use,
    default_order="Ascending",
)
PROCESSING_JOB = Kind(
    "ProcessingJob",
    "processing-job",
    "ProcessingJobSummaries",
    "Could not find requested job with name: {name}",
    _JOB_EXISTS,
    resource_in_use,
    default_order="Ascending",
)
TRANSFORM_JOB = Kind(
    "TransformJob",
    "transform-job",
    "TransformJobSummaries",
    "Could not find requested job with name: {name}",
    _JOB_EXISTS,
    resource_in_use,
)
MODEL = Kind(
    "Model",
    "model",
    "Models",
    'Could not find model "{arn}".',
    'Cannot create already existing model "{arn}".',
)
ENDPOINT_CONFIG = Kind(
    "EndpointConfig",
    "endpoint-config",
    "EndpointConfigs",
    'Could not find endpoint configuration "{arn}".',
    'Cannot create already existing endpoint configuration "{arn}".',
)
ENDPOINT = Kind(
    "Endpoint",
    "endpoint",
    "Endpoints",
    'Could not find endpoint "{arn}".',
    'Cannot create already existing endpoint "{arn}".',
)
MODEL_PACKAGE_GROUP = Kind(
    "ModelPackageGroup",
    "model-package-group",
    "ModelPackageGroupSummaryList",
    "ModelPackageGroup {arn} does not exist.",
    "Model Package Group already exists: {arn}",
    default_order="Ascending",
    keeps_case=True,
)
MODEL_PACKAGE = Kind(
    "ModelPackage",
    "model-package",
    "ModelPackageSummaryList",
    "ModelPackage {arn} does not exist.",
    "Model Package already exists: {arn}",
    default_order="Ascending",
    keeps_case=True,
)
DOMAIN = Kind(
    "Domain",
    "domain",
    "Domains",
    "Domain [{arn}] does not exist.",
    "Domain [{arn}] already exists.",
    resource_in_use,
    resource_not_found,
    default_order="Ascending",
    identified_by=(("DomainId",),),
)
USER_PROFILE = Kind(
    "UserProfile",
    "user-profile",
    "UserProfiles",
    "UserProfile [{arn}] does not exist.",
    "UserProfile [{arn}] already exists.",
    resource_in_use,
    resource_not_found,
    default_order="Ascending",
    identified_by=(("DomainId",), ("UserProfileName",)),
)
SPACE = Kind(
    "Space",
    "space",
    "Spaces",
    "Space [{arn}] does not exist.",
    "Space [{arn}] already exists.",
    resource_in_use,
    resource_not_found,
    default_order="Ascending",
    identified_by=(("DomainId",), ("SpaceName",)),
)
APP = Kind(
    "App",
    "app",
    "Apps",
    "App [{arn}] does not exist.",
    "App [{arn}] already exists.",
    resource_in_use,
    resource_not_found,
    default_order="Ascending",
    identified_by=(("DomainId",), ("UserProfileName", "SpaceName"), ("AppType",), ("AppName",)),
)
STUDIO_LIFECYCLE_CONFIG = Kind(
    "StudioLifecycleConfig",
    "studio-lifecycle-config",
    "StudioLifecycleConfigs",
    "StudioLifecycleConfig [{arn}] does not exist.",
    "StudioLifecycleConfig [{arn}] already exists.",
    resource_in_use,
    resource_not_found,
)
NOTEBOOK_INSTANCE = Kind(
    "NotebookInstance",
    "notebook-instance",
    "NotebookInstances",
    "RecordNotFound",
    "Cannot create a duplicate Notebook Instance ({arn})",
)
NOTEBOOK_LIFECYCLE_CONFIG = Kind(
    "NotebookInstanceLifecycleConfig",
    "notebook-instance-lifecycle-config",
    "NotebookInstanceLifecycleConfigs",
    "Unable to describe Notebook Instance Lifecycle Config '{arn}'. Details: Notebook Instance Lifecycle "
    "Config does not exist.",
    "Unable to create Notebook Instance Lifecycle Config {arn}. Details: Notebook Instance Lifecycle Config "
    "already exists.",
)

KINDS = (
    TRAINING_JOB,
    HYPERPARAMETER_TUNING_JOB,
    PROCESSING_JOB,
    TRANSFORM_JOB,
    MODEL,
    ENDPOINT_CONFIG,
    ENDPOINT,
    MODEL_PACKAGE_GROUP,
    MODEL_PACKAGE,
    DOMAIN,
    USER_PROFILE,
    SPACE,
    APP,
    STUDIO_LIFECYCLE_CONFIG,
    NOTEBOOK_INSTANCE,
    NOTEBOOK_LIFECYCLE_CONFIG,
)
