"""Studio: where people work on the road, each as what they are."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Stack
from aws_cdk import Environment as Target
from aws_cdk import aws_iam as iam
from constructs import Construct

from settings.environment import Environment
from settings.studio import CODE_COMMIT, PERSONAS, Persona, Studio
from stacks.catalogue import CatalogueStack
from stacks.constructs.classic_notebook import ClassicNotebook
from stacks.constructs.data_stores import DataStores
from stacks.constructs.network_placement import NetworkPlacement
from stacks.constructs.persona_access import (
    ApprovalAccess,
    CodeAccess,
    MonitoringAccess,
    PlatformAccess,
    RoadAccess,
)
from stacks.constructs.query_access import QueryAccess
from stacks.constructs.road import Road
from stacks.constructs.studio_domain import StudioDomain
from stacks.constructs.studio_role import StudioAccess, StudioRole
from stacks.constructs.studio_teardown import StudioTeardown

WORKLOADS_IN_A_POLICY = 4


class StudioStack(Stack):
    """Attributes: `domain`, `roles` by persona."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        studio: Studio,
        stores: DataStores,
        network: NetworkPlacement,
        roads: Sequence[Road],
        catalogue: CatalogueStack,
        env: Target,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description="SageMaker platform: Studio")
        vpc_only = environment.network.mode == "vpc_only"
        execution_role = StudioRole(
            self, "ExecutionRole", description="Studio: whoever has no persona, in their own space only"
        )
        self.roles: dict[Persona, StudioRole] = {
            persona: StudioRole(self, f"{_pascal(persona)}Role", description=f"Studio: {persona}")
            for persona in PERSONAS
        }
        personas: list[iam.IRole] = list(self.roles.values())
        access: list[Construct] = [
            StudioAccess(self, "StudioAccess", roles=[execution_role, *personas], key=stores.key),
            PlatformAccess(self, "PlatformAccess", roles=personas, stores=stores, prefix=environment.prefix),
            *self._build_road_access(personas, roads),
            QueryAccess(
                self,
                "QueryAccess",
                roles=personas,
                stores=stores,
                database_name=catalogue.tables.database_name,
                workgroup_name=catalogue.workgroup.name,
            ),
            ApprovalAccess(self, "ApprovalAccess", roles=[self.roles["lead"]], roads=roads),
        ]
        watching = [road.monitoring for road in roads if road.monitoring]
        if watching:
            access.append(
                MonitoringAccess(
                    self,
                    "MonitoringAccess",
                    roles=personas,
                    machines=watching,
                    stores=stores,
                    prefix=environment.prefix,
                )
            )
        if studio.code_repository and studio.code_repository.startswith(CODE_COMMIT):
            access.append(CodeAccess(self, "CodeAccess", roles=personas, address=studio.code_repository))
        self.domain = StudioDomain(
            self,
            "Domain",
            studio=studio,
            name=f"{environment.prefix}-studio",
            network=network,
            vpc_only=vpc_only,
            execution_role=execution_role,
            key=stores.key,
        )
        self.domain.add_users(self.roles)
        # SageMaker uses the key as the execution role, and people sign in as soon as there is a domain.
        self.domain.resource.node.add_dependency(*access)
        StudioTeardown(
            self,
            "Teardown",
            domain=self.domain,
            vpc_id=network.vpc_id,
            environment=environment,
            key=stores.key,
        )
        if studio.notebook_instance:
            ClassicNotebook(
                self,
                "Notebook",
                notebook=studio.notebook_instance,
                code_repository=studio.code_repository,
                network=network,
                vpc_only=vpc_only,
                role=self.roles["data_scientist"],
                key=stores.key,
            )
        CfnOutput(self, "DomainId", value=self.domain.resource.attr_domain_id)
        CfnOutput(self, "StudioUrl", value=self.domain.resource.attr_url)

    def _build_road_access(self, roles: list[iam.IRole], roads: Sequence[Road]) -> list[RoadAccess]:
        starts = range(0, len(roads), WORKLOADS_IN_A_POLICY)
        some = [roads[start : start + WORKLOADS_IN_A_POLICY] for start in starts]
        return [
            RoadAccess(self, f"RoadAccess{number}", roles=roles, roads=each)
            for number, each in enumerate(some, 1)
        ]


def _pascal(persona: Persona) -> str:
    return "".join(word.capitalize() for word in persona.split("_"))
