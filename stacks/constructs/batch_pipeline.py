"""One workload's predictions of whole files: a state machine around batch transform."""

from constructs import Construct

from settings.uploads import batch_prefix
from settings.workload import Workload
from stacks.constructs.algorithm_image import AlgorithmImage
from stacks.constructs.arns import sagemaker_arn
from stacks.constructs.batch_definition import batch_definition
from stacks.constructs.deployment_pipeline import DeploymentParts
from stacks.constructs.execution_role import ExecutionRole
from stacks.constructs.state_machine import EXECUTION_DIGITS, TRANSFORM, StateMachine


class BatchPipeline(Construct):
    """The batch state machine of one workload. Attribute: `state_machine`."""

    def __init__(
        self, scope: Construct, construct_id: str, *, workload: Workload, parts: DeploymentParts
    ) -> None:
        super().__init__(scope, construct_id)
        self._workload = workload
        self._parts = parts
        self._resource_name = parts.environment.resource_name(workload.slug)
        self.role = self._build_role()
        self.state_machine = self._build_state_machine()
        self._grant_to_state_machine()

    def _build_role(self) -> ExecutionRole:
        workload, stores = self._workload, self._parts.stores
        role = ExecutionRole(
            self,
            "Role",
            workload=workload,
            purpose="predicts whole files",
            image=AlgorithmImage(self, "AlgorithmImage", workload.algorithm.image),
            log_group="/aws/sagemaker/TransformJobs",
            key=stores.key,
            network=self._parts.network,
        )
        role.read(stores.data_bucket, batch_prefix(workload))
        role.read_named(stores.artifacts_bucket, f"runs/{workload.name}/")
        role.write(stores.artifacts_bucket, f"batch/{workload.name}/")
        role.use_encrypted_volumes()
        return role

    def _build_state_machine(self) -> StateMachine:
        parts, stores = self._parts, self._parts.stores
        return StateMachine(
            self,
            "StateMachine",
            definition=batch_definition(self._workload, parts.environment),
            substitutions={
                "ArtifactsBucket": stores.artifacts_bucket.bucket_name,
                "BatchRoleArn": self.role.role_arn,
                "DataBucket": stores.data_bucket.bucket_name,
                "KeyArn": stores.key.key_arn,
                "ModelPackageGroupName": self._resource_name,
                "ResourceName": self._resource_name,
                "TopicArn": parts.topic.topic_arn,
                **parts.network.substitutions,
            },
            description=f"predicts files with {self._workload.name}",
            environment=parts.environment,
            key=stores.key,
        )

    def _grant_to_state_machine(self) -> None:
        parts, machine = self._parts, self.state_machine
        own = f"{self._resource_name}-{EXECUTION_DIGITS}-batch"
        machine.allow_job(TRANSFORM, own)
        machine.allow(
            ["sagemaker:AddTags", "sagemaker:CreateModel", "sagemaker:DeleteModel"],
            sagemaker_arn(self, "model", own),
        )
        machine.allow(["sagemaker:ListModelPackages"], "*")
        machine.allow_passing(self.role)
        machine.allow(["sns:Publish"], parts.topic.topic_arn)
        parts.stores.key.grant(machine.role, "kms:Decrypt", "kms:GenerateDataKey")
