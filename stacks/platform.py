"""The platform: all stacks of an environment, wired."""

from aws_cdk import App, Tags
from aws_cdk import Environment as Target

from settings.environment import Environment
from settings.workload import Workload
from stacks.recommendation import RecommendationStack
from stacks.serving import ServingStack
from stacks.storage import StorageStack
from stacks.training import TrainingStack


class Platform:
    """The stacks of one environment. Attributes: `storage`, `training`, `serving`, `recommendation`."""

    def __init__(self, app: App, environment: Environment, workloads: tuple[Workload, ...]) -> None:
        target = Target(region=environment.region)
        self.storage = StorageStack(app, f"{environment.prefix}-storage", environment=environment, env=target)
        self.training = TrainingStack(
            app,
            f"{environment.prefix}-training",
            environment=environment,
            workloads=workloads,
            stores=self.storage.stores,
            env=target,
        )
        self.serving = ServingStack(
            app,
            f"{environment.prefix}-serving",
            environment=environment,
            workloads=workloads,
            stores=self.storage.stores,
            topic=self.training.topic,
            cleanup_provider=self.training.cleanup_provider,
            env=target,
        )
        asked = next(one for one in workloads if one.name == environment.recommendation.workload)
        self.recommendation = RecommendationStack(
            app,
            f"{environment.prefix}-recommendation",
            environment=environment,
            workload=asked,
            endpoint_name=self.serving.pipelines[asked.name].endpoint_name,
            key=self.storage.stores.key,
            env=target,
        )
        for name, value in environment.tags.items():
            Tags.of(app).add(name, value)
