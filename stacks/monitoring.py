"""Monitoring: for each workload that asks for it, a watch over what its endpoint is asked."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, Stack
from aws_cdk import Environment as Target
from aws_cdk import aws_sns as sns
from constructs import Construct

from settings.environment import Environment
from stacks.constructs.data_stores import DataStores
from stacks.constructs.drift_monitor import DriftMonitor, MonitorParts
from stacks.constructs.network_placement import NetworkPlacement
from stacks.constructs.training_pipeline import TrainingPipeline


class MonitoringStack(Stack):
    """Attribute: `monitors` by workload name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        stores: DataStores,
        network: NetworkPlacement,
        topic: sns.ITopic,
        pipelines: Mapping[str, TrainingPipeline],
        env: Target,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description="SageMaker platform: data drift")
        parts = MonitorParts(environment=environment, stores=stores, network=network, topic=topic)
        self.monitors = {
            name: DriftMonitor(
                self,
                pipeline.workload.pascal,
                pipeline=pipeline,
                monitoring=pipeline.workload.monitoring,
                parts=parts,
            )
            for name, pipeline in pipelines.items()
            if pipeline.workload.monitoring
        }
        for monitor in self.monitors.values():
            output = f"{monitor.workload.pascal}MonitoringStateMachineArn"
            CfnOutput(self, output, value=monitor.state_machine.arn)
