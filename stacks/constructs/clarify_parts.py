"""What SageMaker Clarify needs to look at a workload's candidate models: its image and a role."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from settings.environment import Environment
from settings.images import CLARIFY_IMAGE
from settings.workload import Workload
from stacks.constructs.algorithm_image import AlgorithmImage
from stacks.constructs.arns import sagemaker_arn
from stacks.constructs.clarify_states import shadow_endpoint_prefix
from stacks.constructs.data_stores import DataStores
from stacks.constructs.execution_role import ExecutionRole
from stacks.constructs.network_placement import NetworkPlacement
from stacks.constructs.state_machine import EXECUTION_DIGITS


class ClarifyParts(Construct):
    """Attributes: `image`, `role`. The role may make an endpoint of a candidate, ask it and delete it.

    https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-run.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        environment: Environment,
        stores: DataStores,
        network: NetworkPlacement,
    ) -> None:
        super().__init__(scope, construct_id)
        self.image = AlgorithmImage(self, "Image", CLARIFY_IMAGE)
        self.role = ExecutionRole(
            self,
            "Role",
            workload=workload,
            purpose="looks for bias and explains",
            image=self.image,
            log_group="/aws/sagemaker/ProcessingJobs",
            key=stores.key,
            network=network,
        )
        self.role.read(stores.data_bucket, f"processed/{workload.name}/")
        self.role.read(stores.artifacts_bucket, f"runs/{workload.name}/")
        self.role.write(stores.artifacts_bucket, f"runs/{workload.name}/")
        self.role.use_encrypted_volumes()
        self._allow_shadow_endpoint(environment.resource_name(workload.slug))

    def _allow_shadow_endpoint(self, resource_name: str) -> None:
        candidates = sagemaker_arn(self, "model", f"{resource_name}-{EXECUTION_DIGITS}-candidate")
        self._allow(["sagemaker:DescribeModel"], candidates)
        names = f"{shadow_endpoint_prefix(resource_name)}-*"
        configuration = sagemaker_arn(self, "endpoint-config", names)
        endpoint = sagemaker_arn(self, "endpoint", names)
        self._allow(
            ["sagemaker:AddTags", "sagemaker:CreateEndpointConfig", "sagemaker:DeleteEndpointConfig"],
            configuration,
        )
        self._allow(["sagemaker:CreateEndpoint"], configuration, endpoint)
        self._allow(
            [
                "sagemaker:AddTags",
                "sagemaker:DeleteEndpoint",
                "sagemaker:DescribeEndpoint",
                "sagemaker:InvokeEndpoint",
            ],
            endpoint,
        )

    def _allow(self, actions: list[str], *resources: str) -> None:
        self.role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=list(resources)))
