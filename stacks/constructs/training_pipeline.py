"""One workload's road from data to a registered model: state machine, job roles, model package group."""

from dataclasses import dataclass

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_sns as sns
from constructs import Construct

from settings.environment import Environment
from settings.images import PROCESSING_IMAGE
from settings.workload import Workload
from stacks.constructs.acknowledgement import acknowledge_objects
from stacks.constructs.algorithm_image import AlgorithmImage
from stacks.constructs.data_stores import DataStores
from stacks.constructs.execution_role import ExecutionRole
from stacks.constructs.python_function import PythonFunction
from stacks.constructs.state_machine import EXECUTION_DIGITS, StateMachine
from stacks.constructs.training_definition import training_definition
from stacks.constructs.workload_code import CodeDeployer, WorkloadCode


@dataclass(frozen=True, kw_only=True)
class TrainingParts:
    """What the pipelines of all workloads share."""

    environment: Environment
    stores: DataStores
    topic: sns.ITopic
    resolve_run: PythonFunction
    ingest: PythonFunction
    code_deployer: CodeDeployer


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
        self.algorithm_image = AlgorithmImage(
            self, "AlgorithmImage", repository=workload.algorithm.repository, tag=workload.algorithm.version
        )
        self.processing_image = AlgorithmImage(
            self, "ProcessingImage", repository=PROCESSING_IMAGE.repository, tag=PROCESSING_IMAGE.tag
        )
        self._code = WorkloadCode(self, "Code", folder=workload.folder, deployer=parts.code_deployer)
        self.processing_role = self._build_processing_role()
        self.training_role = self._build_training_role()
        self.model_role = self._build_model_role()
        self.state_machine = self._build_state_machine()
        self._grant_to_state_machine()

    def _build_processing_role(self) -> ExecutionRole:
        name, stores = self.workload.name, self._parts.stores
        role = self._execution_role(
            "ProcessingRole", "prepares and evaluates", self.processing_image, "ProcessingJobs"
        )
        role.read(stores.data_bucket, f"raw/{name}/", f"processed/{name}/")
        role.write(stores.data_bucket, f"processed/{name}/")
        role.read(stores.artifacts_bucket, f"code/{name}/", f"runs/{name}/")
        role.write(stores.artifacts_bucket, f"runs/{name}/")
        role.use_encrypted_volumes()
        return role

    def _build_training_role(self) -> ExecutionRole:
        name, stores = self.workload.name, self._parts.stores
        role = self._execution_role("TrainingRole", "trains", self.algorithm_image, "TrainingJobs")
        role.read(stores.data_bucket, f"processed/{name}/")
        role.write(stores.artifacts_bucket, f"runs/{name}/")
        role.use_encrypted_volumes()
        return role

    def _build_model_role(self) -> ExecutionRole:
        """The candidate model's: what a transform job reads and writes."""
        name, stores = self.workload.name, self._parts.stores
        role = self._execution_role(
            "ModelRole", "predicts the test set", self.algorithm_image, "TransformJobs"
        )
        role.read(stores.data_bucket, f"processed/{name}/")
        role.read(stores.artifacts_bucket, f"runs/{name}/")
        role.write(stores.artifacts_bucket, f"runs/{name}/")
        role.use_encrypted_volumes()
        return role

    def _execution_role(
        self, role_id: str, purpose: str, image: AlgorithmImage, log_group: str
    ) -> ExecutionRole:
        return ExecutionRole(
            self,
            role_id,
            description=f"{self.workload.name}: {purpose}",
            image=image,
            log_groups=[f"/aws/sagemaker/{log_group}"],
            key=self._parts.stores.key,
            network=self._parts.environment.network,
        )

    def _build_state_machine(self) -> StateMachine:
        parts, stores = self._parts, self._parts.stores
        machine = StateMachine(
            self,
            "StateMachine",
            definition=training_definition(self.workload, parts.environment, self._code.prefix),
            substitutions={
                "ResolveRunFunctionArn": parts.resolve_run.function.function_arn,
                "IngestFunctionArn": parts.ingest.function.function_arn,
                "ArtifactsBucket": stores.artifacts_bucket.bucket_name,
                "KeyArn": stores.key.key_arn,
                "TopicArn": parts.topic.topic_arn,
                "ProcessingImage": self.processing_image.uri,
                "AlgorithmImage": self.algorithm_image.uri,
                "ProcessingRoleArn": self.processing_role.role_arn,
                "TrainingRoleArn": self.training_role.role_arn,
                "ModelRoleArn": self.model_role.role_arn,
                "ModelPackageGroupName": self.model_package_group_name,
            },
            description=f"trains {self.workload.name}",
            environment=parts.environment,
            key=stores.key,
        )
        machine.resource.node.add_dependency(self.model_package_group, self._code)
        return machine

    def _grant_to_state_machine(self) -> None:
        parts, stores, machine = self._parts, self._parts.stores, self.state_machine
        parts.resolve_run.grant_invoke(machine.role)
        parts.ingest.grant_invoke(machine.role)
        for job in ("Processing", "Training", "Transform"):
            machine.allow_job(job, f"{self.resource_name}-{EXECUTION_DIGITS}-*")
        machine.allow(
            ["sagemaker:AddTags", "sagemaker:CreateModel", "sagemaker:DeleteModel"],
            self._sagemaker_arn("model", f"{self.resource_name}-{EXECUTION_DIGITS}-candidate"),
        )
        machine.allow(["sagemaker:CreateModelPackage"], self.model_package_group.attr_model_package_group_arn)
        # Where a person approves, the pipeline can't.
        approving = ["sagemaker:UpdateModelPackage"] if parts.environment.approval == "automatic" else []
        machine.allow_wildcard(
            ["sagemaker:CreateModelPackage", *approving],
            self._sagemaker_arn("model-package", f"{self.model_package_group_name}/*"),
            "the versions of the workload's one model package group",
        )
        machine.allow_passing(self.processing_role, self.training_role, self.model_role)
        evaluations = f"runs/{self.workload.name}/*/evaluation/evaluation.json"
        machine.allow(["s3:GetObject"], stores.artifacts_bucket.arn_for_objects(evaluations))
        acknowledge_objects(
            machine.role,
            stores.artifacts_bucket,
            evaluations,
            "the evaluations of the workload's runs, whose names vary",
        )
        stores.key.grant(machine.role, "kms:Decrypt", "kms:GenerateDataKey")
        machine.allow(["sns:Publish"], parts.topic.topic_arn)

    def _sagemaker_arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(service="sagemaker", resource=resource, resource_name=name)
