"""The platform: all stacks of an environment, wired."""

from aws_cdk import App, Stack, Tags
from aws_cdk import Environment as Target

from settings.environment import Environment
from settings.workload import Workload
from stacks.budget import BudgetStack
from stacks.catalogue import CatalogueStack
from stacks.constructs.network_placement import NetworkPlacement, brought
from stacks.constructs.road import Road
from stacks.constructs.role_rules import govern_roles
from stacks.monitoring import MonitoringStack
from stacks.network import NetworkStack
from stacks.observability import ObservabilityStack
from stacks.recommendation import RecommendationStack
from stacks.serving import ServingStack
from stacks.storage import StorageStack
from stacks.studio import StudioStack
from stacks.training import TrainingStack
from stacks.website import WebsiteStack


class Platform:
    """The stacks of one environment.

    Attributes: `storage`, `network` where the environment has one of its own, `training`, `serving`,
    `recommendation`, `website`, `observability`, `catalogue`, and `monitoring`, `studio` and `budget` where
    there is a need.
    """

    def __init__(self, app: App, environment: Environment, workloads: tuple[Workload, ...]) -> None:
        target = Target(region=environment.region)
        self.storage = StorageStack(app, f"{environment.prefix}-storage", environment=environment, env=target)
        self.catalogue = CatalogueStack(
            app,
            f"{environment.prefix}-catalogue",
            environment=environment,
            workloads=workloads,
            stores=self.storage.stores,
            env=target,
        )
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
        self.monitoring = self._build_monitoring(app, environment, workloads, jobs, target)
        asked = next(one for one in workloads if one.name == environment.recommendation.workload)
        self.recommendation = RecommendationStack(
            app,
            f"{environment.prefix}-recommendation",
            environment=environment,
            workload=asked,
            endpoint_name=self.serving.pipelines[asked.name].endpoint_name,
            stores=self.storage.stores,
            predicted=[
                pipeline
                for name, pipeline in self.serving.pipelines.items()
                if name in environment.api.predictions
            ],
            env=target,
        )
        self.website = WebsiteStack(
            app,
            f"{environment.prefix}-website",
            environment=environment,
            api=self.recommendation.api.api,
            site_key=self.recommendation.api.site_key,
            key=self.storage.stores.key,
            env=target,
        )
        self.roads = self._roads()
        self.observability = ObservabilityStack(
            app,
            f"{environment.prefix}-observability",
            environment=environment,
            workloads=workloads,
            roads=self.roads,
            recommendation=self.recommendation,
            topic=self.training.topic,
            key=self.storage.stores.key,
            env=target,
        )
        self.studio = self._build_studio(app, environment, target)
        self.budget = self._build_budget(app, environment, target)
        self._govern(environment)
        for name, value in environment.tags.items():
            Tags.of(app).add(name, value)

    def _build_network(self, app: App, environment: Environment, target: Target) -> NetworkStack | None:
        needed = environment.network.mode == "vpc_only" or environment.studio
        if environment.network.brings_a_vpc or not needed:
            return None
        return NetworkStack(
            app,
            f"{environment.prefix}-network",
            environment=environment,
            key=self.storage.stores.key,
            env=target,
        )

    def _build_monitoring(
        self,
        app: App,
        environment: Environment,
        workloads: tuple[Workload, ...],
        jobs: NetworkPlacement,
        target: Target,
    ) -> MonitoringStack | None:
        if not any(workload.monitoring for workload in workloads):
            return None
        return MonitoringStack(
            app,
            f"{environment.prefix}-monitoring",
            environment=environment,
            stores=self.storage.stores,
            network=jobs,
            topic=self.training.topic,
            pipelines=self.training.pipelines,
            env=target,
        )

    def _build_studio(self, app: App, environment: Environment, target: Target) -> StudioStack | None:
        if environment.studio is None:
            return None
        return StudioStack(
            app,
            f"{environment.prefix}-studio",
            environment=environment,
            studio=environment.studio,
            stores=self.storage.stores,
            network=self.network.studio if self.network else brought(environment.network),
            roads=list(self.roads.values()),
            catalogue=self.catalogue,
            env=target,
        )

    def _roads(self) -> dict[str, Road]:
        """Each workload's road, by the workload's name."""
        monitors = self.monitoring.monitors if self.monitoring else {}
        return {
            name: Road(
                training=self.training.pipelines[name].state_machine,
                deployment=pipeline.state_machine,
                batch=self.serving.batches[name].state_machine,
                monitoring=monitors[name].state_machine if name in monitors else None,
                resource_name=pipeline.endpoint_name,
            )
            for name, pipeline in self.serving.pipelines.items()
        }

    @property
    def stacks(self) -> list[Stack]:
        """All stacks that the environment has, each after those that it needs."""
        every = (
            self.storage,
            self.catalogue,
            self.network,
            self.training,
            self.serving,
            self.monitoring,
            self.recommendation,
            self.website,
            self.observability,
            self.studio,
            self.budget,
        )
        return [stack for stack in every if stack is not None]

    def _govern(self, environment: Environment) -> None:
        for stack in self.stacks:
            # Where data is kept, nothing is deleted by mistake: neither what holds data nor what serves.
            stack.termination_protection = environment.retain_data
            govern_roles(stack, environment.governance)

    def _build_budget(self, app: App, environment: Environment, target: Target) -> BudgetStack | None:
        if environment.governance.budget is None:
            return None
        return BudgetStack(
            app,
            f"{environment.prefix}-budget",
            environment=environment,
            budget=environment.governance.budget,
            topic=self.training.topic,
            key=self.storage.stores.key,
            env=target,
        )
