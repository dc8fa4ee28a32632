"""The platform: all stacks of an environment, wired."""

from aws_cdk import App, Tags
from aws_cdk import Environment as Target

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.network_placement import brought
from stacks.network import NetworkStack
from stacks.recommendation import RecommendationStack
from stacks.serving import ServingStack
from stacks.storage import StorageStack
from stacks.training import TrainingStack
from stacks.website import WebsiteStack


class Platform:
    """The stacks of one environment.

    Attributes: `storage`, `network` where the environment has one of its own, `training`, `serving`,
    `recommendation`.
    """

    def __init__(self, app: App, environment: Environment, workloads: tuple[Workload, ...]) -> None:
        target = Target(region=environment.region)
        self.storage = StorageStack(app, f"{environment.prefix}-storage", environment=environment, env=target)
        self.network = self._build_network(app, environment, target)
        jobs = self.network.jobs if self.network else brought(environment.network)
        self.training = TrainingStack(
            app,
            f"{environment.prefix}-training",
            environment=environment,
            workloads=workloads,
            stores=self.storage.stores,
            network=jobs,
            env=target,
        )
        self.serving = ServingStack(
            app,
            f"{environment.prefix}-serving",
            environment=environment,
            workloads=workloads,
            stores=self.storage.stores,
            network=jobs,
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
        self.website = WebsiteStack(
            app,
            f"{environment.prefix}-website",
            environment=environment,
            api=self.recommendation.api.api,
            key=self.storage.stores.key,
            env=target,
        )
        for name, value in environment.tags.items():
            Tags.of(app).add(name, value)

    def _build_network(self, app: App, environment: Environment, target: Target) -> NetworkStack | None:
        if environment.network.mode == "public" or environment.network.brings_a_vpc:
            return None
        return NetworkStack(
            app,
            f"{environment.prefix}-network",
            environment=environment,
            key=self.storage.stores.key,
            env=target,
        )
