"""One workload's road from data to a registered model: state machine, job roles, model package group."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_sns as sns
from constructs import Construct

from settings.environment import Environment
from settings.images import DEBUGGER_IMAGE, PROCESSING_IMAGE
from settings.workload import Workload
from stacks.constructs.algorithm_image import AlgorithmImage
from stacks.constructs.arns import sagemaker_arn
from stacks.constructs.clarify_parts import ClarifyParts
from stacks.constructs.clarify_states import shadow_log_groups
from stacks.constructs.data_stores import DataStores
from stacks.constructs.execution_role import ExecutionRole
from stacks.constructs.network_placement import NetworkPlacement
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.retraining_rules import train_on_new_data, train_on_schedule
from stacks.constructs.state_machine import (
    EXECUTION_DIGITS,
    PROCESSING,
    TRAINING,
    TRANSFORM,
    TUNING,
    StateMachine,
)
from stacks.constructs.training_definition import training_definition
from stacks.constructs.workload_code import PLOTTING_PREFIX, CodeDeployer, PlottingLibrary, WorkloadCode

# What SageMaker adds to a tuning job's name for its training jobs: a number and eight hexadecimal digits.
TUNED = "-???-????????"


@dataclass(frozen=True, kw_only=True)
class TrainingParts:
    """What the pipelines of all workloads share."""

    environment: Environment
    stores: DataStores
    network: NetworkPlacement
    topic: sns.ITopic
    resolve_run: PythonFunction
    ingest: PythonFunction
    code_deployer: CodeDeployer
    plotting_library: PlottingLibrary


class TrainingPipeline(Construct):
    """The training state machine of one workload."""

    def __init__(
        self, scope: Construct, construct_id: str, *, workload: Workload, parts: TrainingParts
    ) -> None:
        super().__init__(scope, construct_id)
        self.workload = workload
        self._parts = parts
        self.resource_name = parts.environment.resource_name(workload.slug)
        self.model_package_group_name = self.resource_name
        self.model_package_group = sagemaker.CfnModelPackageGroup(
            self,
            "ModelPackageGroup",
            model_package_group_name=self.model_package_group_name,
            model_package_group_description=workload.description,
        )
        if parts.environment.retain_data:
            self.model_package_group.apply_removal_policy(RemovalPolicy.RETAIN)
        self.algorithm_image = AlgorithmImage(self, "AlgorithmImage", workload.algorithm.image)
        self.processing_image = AlgorithmImage(self, "ProcessingImage", PROCESSING_IMAGE)
        self.debugger_image = (
            AlgorithmImage(self, "DebuggerImage", DEBUGGER_IMAGE) if workload.debugger else None
        )
        self._code = WorkloadCode(self, "Code", folder=workload.folder, deployer=parts.code_deployer)
        self.code_prefix = self._code.prefix
        self.processing_role = self._build_processing_role()
        self.training_role = self._build_training_role()
        self.model_role = self._build_model_role()
        self.clarify = self._build_clarify_parts()
        self.state_machine = self._build_state_machine()
        self._grant_to_state_machine()
        self._retrain()

    def _build_processing_role(self) -> ExecutionRole:
        name, stores = self.workload.name, self._parts.stores
        role = self._execution_role(
            "ProcessingRole", "prepares and evaluates", self.processing_image, "ProcessingJobs"
        )
        role.read(stores.data_bucket, f"raw/{name}/", f"processed/{name}/")
        role.write(stores.data_bucket, f"processed/{name}/")
        role.read(stores.artifacts_bucket, f"code/{name}/", PLOTTING_PREFIX, f"runs/{name}/")
        role.write(stores.artifacts_bucket, f"runs/{name}/")
        role.use_encrypted_volumes()
        return role

    def _build_training_role(self) -> ExecutionRole:
        name, stores = self.workload.name, self._parts.stores
        role = self._execution_role("TrainingRole", "trains", self.algorithm_image, "TrainingJobs")
        role.read(stores.data_bucket, f"processed/{name}/")
        if self.workload.algorithm.script:
            role.read(stores.artifacts_bucket, f"code/{name}/")
        role.write(stores.artifacts_bucket, f"runs/{name}/")
        if self.debugger_image:  # its rule is a processing job that reads, as this role, what training saved
            role.run(self.debugger_image, "/aws/sagemaker/ProcessingJobs")
            role.read(stores.artifacts_bucket, f"runs/{name}/")
        role.use_encrypted_volumes()
        return role

    def _build_model_role(self) -> ExecutionRole:
        """The candidate model's: what a transform job, and Clarify's endpoint, reads and writes."""
        name, stores = self.workload.name, self._parts.stores
        role = self._execution_role(
            "ModelRole", "predicts the test set", self.algorithm_image, "TransformJobs"
        )
        role.read(stores.data_bucket, f"processed/{name}/")
        role.read_named(stores.artifacts_bucket, f"runs/{name}/")
        role.write(stores.artifacts_bucket, f"runs/{name}/")
        role.use_encrypted_volumes()
        if self.workload.clarify:
            role.write_logs(shadow_log_groups(self.resource_name))
        return role

    def _build_clarify_parts(self) -> ClarifyParts | None:
        if not self.workload.clarify:
            return None
        parts = self._parts
        return ClarifyParts(
            self,
            "Clarify",
            workload=self.workload,
            environment=parts.environment,
            stores=parts.stores,
            network=parts.network,
        )

    def _execution_role(
        self, role_id: str, purpose: str, image: AlgorithmImage, log_group: str
    ) -> ExecutionRole:
        return ExecutionRole(
            self,
            role_id,
            workload=self.workload,
            purpose=purpose,
            image=image,
            log_group=f"/aws/sagemaker/{log_group}",
            key=self._parts.stores.key,
            network=self._parts.network,
        )

    def _build_state_machine(self) -> StateMachine:
        parts, stores = self._parts, self._parts.stores
        machine = StateMachine(
            self,
            "StateMachine",
            definition=training_definition(
                self.workload,
                parts.environment,
                code_prefix=self.code_prefix,
                plotting_prefix=parts.plotting_library.prefix,
            ),
            substitutions={
                "ResolveRunFunctionArn": parts.resolve_run.function.function_arn,
                "IngestFunctionArn": parts.ingest.function.function_arn,
                "ArtifactsBucket": stores.artifacts_bucket.bucket_name,
                "KeyArn": stores.key.key_arn,
                "TopicArn": parts.topic.topic_arn,
                **parts.network.substitutions,
                "ProcessingImage": self.processing_image.uri,
                "AlgorithmImage": self.algorithm_image.uri,
                "ProcessingRoleArn": self.processing_role.role_arn,
                "TrainingRoleArn": self.training_role.role_arn,
                "ModelRoleArn": self.model_role.role_arn,
                "ModelPackageGroupName": self.model_package_group_name,
                **self._substitutions_of_options(),
            },
            description=f"trains {self.workload.name}",
            environment=parts.environment,
            key=stores.key,
        )
        machine.resource.node.add_dependency(self.model_package_group, self._code, parts.plotting_library)
        return machine

    def _substitutions_of_options(self) -> dict[str, str]:
        substitutions = {}
        if self.debugger_image:
            substitutions["DebuggerImage"] = self.debugger_image.uri
        if self.clarify:
            substitutions |= {
                "ClarifyImage": self.clarify.image.uri,
                "ClarifyRoleArn": self.clarify.role.role_arn,
                "DataBucket": self._parts.stores.data_bucket.bucket_name,
            }
        return substitutions

    def _grant_to_state_machine(self) -> None:
        parts, machine = self._parts, self.state_machine
        parts.resolve_run.grant_invoke(machine.role)
        parts.ingest.grant_invoke(machine.role)
        self._grant_jobs()
        self._grant_registry()
        self._grant_documents()
        parts.stores.key.grant(machine.role, "kms:Decrypt", "kms:GenerateDataKey")
        machine.allow(["sns:Publish"], parts.topic.topic_arn)

    def _grant_jobs(self) -> None:
        machine, jobs = self.state_machine, f"{self.resource_name}-{EXECUTION_DIGITS}"
        scripts = ["prepare", "evaluate", *(["clarify"] if self.clarify else [])]
        machine.allow_job(PROCESSING, *(f"{jobs}-{script}" for script in scripts))
        machine.allow_job(TRANSFORM, f"{jobs}-transform")
        if self.workload.tuning:
            self._grant_tuning()
        else:
            machine.allow_job(TRAINING, f"{jobs}-train")
        machine.allow(
            ["sagemaker:AddTags", "sagemaker:CreateModel", "sagemaker:DeleteModel"],
            sagemaker_arn(self, "model", f"{jobs}-candidate"),
        )
        roles = [self.processing_role, self.training_role, self.model_role]
        machine.allow_passing(*roles, *([self.clarify.role] if self.clarify else []))

    def _grant_tuning(self) -> None:
        """A tuning job's name is too short for the environment's prefix."""
        machine, tuning_jobs = self.state_machine, f"{self.workload.slug}-{EXECUTION_DIGITS}"
        machine.allow_job(TUNING, tuning_jobs)
        machine.allow(
            ["sagemaker:ListTrainingJobsForHyperParameterTuningJob"],
            sagemaker_arn(self, "hyper-parameter-tuning-job", tuning_jobs),
        )
        machine.allow(
            ["sagemaker:DescribeTrainingJob"], sagemaker_arn(self, "training-job", f"{tuning_jobs}{TUNED}")
        )

    def _grant_registry(self) -> None:
        machine = self.state_machine
        machine.allow(["sagemaker:CreateModelPackage"], self.model_package_group.attr_model_package_group_arn)
        # Where a person approves, the pipeline can't.
        approving = (
            ["sagemaker:UpdateModelPackage"] if self._parts.environment.approval == "automatic" else []
        )
        machine.allow(
            ["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", *approving],
            sagemaker_arn(self, "model-package", f"{self.model_package_group_name}/*"),
        )
        machine.allow(["sagemaker:ListModelPackages"], "*")

    def _grant_documents(self) -> None:
        """What the state machine itself reads and writes of a run."""
        stores, name = self._parts.stores, self.workload.name
        written = ["training.json", "previous/evaluation.json"]
        if self.workload.tuning:
            written.append("tuning.json")
        if self.clarify:
            written.append("clarify_configuration/analysis_config.json")
            encoders = f"processed/{name}/*/encoder/encoder.json"
            self._grant_objects("s3:GetObject", stores.data_bucket, encoders)
        for document in written:
            self._grant_objects("s3:PutObject", stores.artifacts_bucket, f"runs/{name}/*/{document}")
        evaluations = f"runs/{name}/*/evaluation/evaluation.json"
        self._grant_objects("s3:GetObject", stores.artifacts_bucket, evaluations)

    def _retrain(self) -> None:
        """Let what the settings name start the state machine; drift does so from the monitoring's side."""
        retraining, machine = self.workload.retraining, self.state_machine.imported
        if retraining.schedule:
            train_on_schedule(self, machine, workload=self.workload, schedule=retraining.schedule)
        if retraining.on_new_data:
            train_on_new_data(self, machine, workload=self.workload, bucket=self._parts.stores.data_bucket)

    def _grant_objects(self, action: str, bucket: s3.IBucket, pattern: str) -> None:
        self.state_machine.allow([action], bucket.arn_for_objects(pattern))
