"""Serving: for each workload the deployment of approved models and predictions of whole files; the clean-up
of what deployments created."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import Environment as Target
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.batch_pipeline import BatchPipeline
from stacks.constructs.cleanup import CleanupProvider, EndpointCleanup
from stacks.constructs.data_stores import DataStores
from stacks.constructs.deployment_definition import SMOKE_SECONDS
from stacks.constructs.deployment_pipeline import DeploymentParts, DeploymentPipeline
from stacks.constructs.network_placement import NetworkPlacement
from stacks.constructs.python_function import FunctionCode, PythonFunction


class ServingStack(Stack):
    """Attributes: `pipelines` and `batches` by workload name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        workloads: Sequence[Workload],
        stores: DataStores,
        network: NetworkPlacement,
        topic: sns.ITopic,
        cleanup_provider: CleanupProvider,
        env: Target,
    ) -> None:
        super().__init__(
            scope, construct_id, env=env, description="SageMaker platform: deployment of approved models"
        )
        parts = DeploymentParts(
            environment=environment,
            stores=stores,
            network=network,
            topic=topic,
            smoke_prediction=self._build_smoke_prediction(environment, stores),
        )
        self.pipelines = {
            workload.name: DeploymentPipeline(self, workload.pascal, workload=workload, parts=parts)
            for workload in workloads
        }
        self.batches = {
            workload.name: BatchPipeline(self, f"{workload.pascal}Batch", workload=workload, parts=parts)
            for workload in workloads
        }
        pipelines = self.pipelines.values()
        self._allow_smoke_predictions(parts.smoke_prediction)
        for pipeline in pipelines:
            cleanup = EndpointCleanup(
                self,
                f"{pipeline.workload.pascal}EndpointCleanup",
                endpoint_name=pipeline.endpoint_name,
                switch_parameter=pipeline.switch_parameter,
                provider=cleanup_provider,
            )
            # Deleted first, so that no deployment or batch starts while the clean-up runs.
            for machine in (pipeline.state_machine, self.batches[pipeline.workload.name].state_machine):
                machine.resource.node.add_dependency(cleanup)
            self._export(pipeline)

    def _build_smoke_prediction(self, environment: Environment, stores: DataStores) -> PythonFunction:
        smoke_prediction = PythonFunction(
            self,
            "SmokePrediction",
            code=FunctionCode(package="smoke_prediction"),
            description="Asks a newly deployed model its recorded sample",
            environment=environment,
            key=stores.key,
            timeout=Duration.seconds(SMOKE_SECONDS),
        )
        samples = "runs/*/evaluation/sample.json"
        objects = stores.artifacts_bucket.arn_for_objects(samples)
        smoke_prediction.role.add_to_principal_policy(
            iam.PolicyStatement(actions=["s3:GetObject"], resources=[objects])
        )
        stores.key.grant(smoke_prediction.role, "kms:Decrypt")
        return smoke_prediction

    def _allow_smoke_predictions(self, smoke_prediction: PythonFunction) -> None:
        endpoints = [
            self.format_arn(service="sagemaker", resource="endpoint", resource_name=pipeline.endpoint_name)
            for pipeline in self.pipelines.values()
        ]
        smoke_prediction.role.add_to_principal_policy(
            iam.PolicyStatement(actions=["sagemaker:InvokeEndpoint"], resources=endpoints)
        )

    def _export(self, pipeline: DeploymentPipeline) -> None:
        pascal = pipeline.workload.pascal
        CfnOutput(self, f"{pascal}EndpointName", value=pipeline.endpoint_name)
        CfnOutput(self, f"{pascal}DeploymentStateMachineArn", value=pipeline.state_machine.arn)
        CfnOutput(self, f"{pascal}SwitchParameterName", value=pipeline.switch_parameter)
        batch = self.batches[pipeline.workload.name]
        CfnOutput(self, f"{pascal}BatchStateMachineArn", value=batch.state_machine.arn)
