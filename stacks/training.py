"""Training: for each workload a state machine from data to a registered model; the topic it reports to."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import Environment as Target
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from settings.environment import Environment
from settings.uploads import UPLOADS
from settings.workload import Workload
from stacks.constructs.cleanup import CleanupProvider, TrainingCleanup
from stacks.constructs.data_stores import DataStores
from stacks.constructs.decisions import MAIL_IS_FOR_PEOPLE
from stacks.constructs.network_placement import NetworkPlacement
from stacks.constructs.python_function import PROJECT_ROOT, FunctionCode, PythonFunction
from stacks.constructs.training_definition import INGEST_SECONDS, RESOLVE_SECONDS
from stacks.constructs.training_pipeline import TrainingParts, TrainingPipeline
from stacks.constructs.workload_code import CodeDeployer, PlottingLibrary

INGEST_SCRATCH_MB = 4096
SHIPPED_SETTINGS = ("__init__.py", "hyperparameters.py", "instance_types.py", "algorithms/*.py")


class TrainingStack(Stack):
    """Attributes: `topic`, `pipelines` by workload name, `cleanup_provider`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        workloads: Sequence[Workload],
        stores: DataStores,
        network: NetworkPlacement,
        env: Target,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description="SageMaker platform: training pipelines")
        self.topic = self._build_topic(environment, stores.key)
        code_deployer = CodeDeployer(self, "CodeDeployer", environment=environment, stores=stores)
        parts = TrainingParts(
            environment=environment,
            stores=stores,
            network=network,
            topic=self.topic,
            resolve_run=self._build_resolve_run(environment, stores),
            ingest=self._build_ingest(environment, stores, workloads),
            code_deployer=code_deployer,
            plotting_library=PlottingLibrary(self, "PlottingLibrary", deployer=code_deployer),
        )
        self.pipelines = {
            workload.name: TrainingPipeline(self, workload.pascal, workload=workload, parts=parts)
            for workload in workloads
        }
        code_deployer.settle_copier()
        self.cleanup_provider = CleanupProvider(self, "Cleanup", environment=environment, key=stores.key)
        for pipeline in self.pipelines.values():
            self._clean_up(pipeline, environment)
        CfnOutput(self, "TopicArn", value=self.topic.topic_arn)
        for pipeline in self.pipelines.values():
            self._export(pipeline)

    def _build_topic(self, environment: Environment, key: kms.IKey) -> sns.Topic:
        topic = sns.Topic(self, "Topic", display_name="SageMaker platform", master_key=key, enforce_ssl=True)
        if environment.notifications.email:
            mail = topic.add_subscription(subscriptions.EmailSubscription(environment.notifications.email))
            MAIL_IS_FOR_PEOPLE.accept(mail)
        return topic

    def _build_resolve_run(self, environment: Environment, stores: DataStores) -> PythonFunction:
        shipped = [path for name in SHIPPED_SETTINGS for path in (PROJECT_ROOT / "settings").glob(name)]
        settings = {path.relative_to(PROJECT_ROOT).as_posix(): path for path in shipped}
        resolve_run = PythonFunction(
            self,
            "ResolveRun",
            code=FunctionCode(package="resolve_run", files=settings),
            description="Checks an execution's input and settles what it runs with",
            environment=environment,
            key=stores.key,
            timeout=Duration.seconds(RESOLVE_SECONDS),
            memory_mb=512,
            variables=_buckets(stores),
        )
        _allow_objects(resolve_run, ["s3:PutObject"], stores.artifacts_bucket, "runs/*/settings.json")
        stores.key.grant(resolve_run.role, "kms:GenerateDataKey")
        return resolve_run

    def _build_ingest(
        self, environment: Environment, stores: DataStores, workloads: Sequence[Workload]
    ) -> PythonFunction:
        ingest = PythonFunction(
            self,
            "Ingest",
            code=FunctionCode(package="ingest"),
            description="Fetches a run's raw data and checks it",
            environment=environment,
            key=stores.key,
            timeout=Duration.seconds(INGEST_SECONDS),
            memory_mb=1024,
            ephemeral_storage_mb=INGEST_SCRATCH_MB,
            variables=_buckets(stores),
        )
        data, artifacts = stores.data_bucket, stores.artifacts_bucket
        _allow_objects(ingest, ["s3:GetObject"], data, f"{UPLOADS}*")
        _allow_objects(ingest, ["s3:GetObject", "s3:PutObject"], data, "raw/*")
        _allow_objects(ingest, ["s3:PutObject"], artifacts, "runs/*/data.json")
        ingest.role.add_to_principal_policy(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[data.bucket_arn])
        )
        sources = [file.source or "" for workload in workloads for file in workload.data.files]
        for source in sources:
            if source.startswith("s3://"):
                arn = f"arn:{self.partition}:s3:::{source.removeprefix('s3://')}"
                ingest.role.add_to_principal_policy(
                    iam.PolicyStatement(actions=["s3:GetObject"], resources=[arn])
                )
        stores.key.grant(ingest.role, "kms:Decrypt", "kms:GenerateDataKey")
        return ingest

    def _clean_up(self, pipeline: TrainingPipeline, environment: Environment) -> None:
        cleanup = TrainingCleanup(
            self,
            f"{pipeline.workload.pascal}TrainingCleanup",
            workload=pipeline.workload,
            model_package_group_name=pipeline.model_package_group_name,
            environment=environment,
            provider=self.cleanup_provider,
        )
        # The group is deleted after its packages, and no run starts meanwhile.
        cleanup.node.add_dependency(pipeline.model_package_group)
        pipeline.state_machine.resource.node.add_dependency(cleanup)

    def _export(self, pipeline: TrainingPipeline) -> None:
        pascal = pipeline.workload.pascal
        CfnOutput(self, f"{pascal}StateMachineArn", value=pipeline.state_machine.arn)
        CfnOutput(self, f"{pascal}ModelPackageGroupName", value=pipeline.model_package_group_name)


def _buckets(stores: DataStores) -> dict[str, str]:
    return {
        "DATA_BUCKET": stores.data_bucket.bucket_name,
        "ARTIFACTS_BUCKET": stores.artifacts_bucket.bucket_name,
    }


def _allow_objects(function: PythonFunction, actions: list[str], bucket: s3.IBucket, pattern: str) -> None:
    objects = bucket.arn_for_objects(pattern)
    function.role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[objects]))
