"""Recommendation: the API that answers five quiz answers with a mysfit, and predicts with other workloads."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import Environment as Target
from aws_cdk import aws_iam as iam
from constructs import Construct

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.data_stores import DataStores
from stacks.constructs.deployment_pipeline import DeploymentPipeline
from stacks.constructs.prediction_function import PredictionFunction
from stacks.constructs.python_function import DISTRIBUTIONS, FunctionCode, PythonFunction
from stacks.constructs.recommendation_api import RecommendationApi
from stacks.contract.contract import contract_of
from stacks.contract.predictions import prediction_id
from stacks.contract.quiz import HEALTH, RECOMMEND

# API Gateway gives up after 29 s; the function answers before.
TIMEOUT = Duration.seconds(28)
HEALTH_TIMEOUT = Duration.seconds(10)
# As the function names it.
METRICS_NAMESPACE = "Recommendation"


class RecommendationStack(Stack):
    """Attributes: `function`, `health`, `api`; to measure them, `functions` by name, `catalogue` (the file)
    and `endpoint_name`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        workload: Workload,
        endpoint_name: str,
        stores: DataStores,
        predicted: Sequence[DeploymentPipeline],
        env: Target,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description="SageMaker platform: recommendation API")
        self.catalogue = workload.folder / "catalogue.json"
        self.endpoint_name = endpoint_name
        self.function = PythonFunction(
            self,
            "Recommend",
            code=FunctionCode(
                package="recommend",
                shared=("http_api",),
                files={"catalogue.json": self.catalogue},
                distributions=DISTRIBUTIONS,
            ),
            description="Recommends a mysfit for five quiz answers",
            environment=environment,
            key=stores.key,
            timeout=TIMEOUT,
            memory_mb=512,
            variables={"ENDPOINT_NAME": endpoint_name, "POWERTOOLS_SERVICE_NAME": "recommendation"},
        )
        endpoint = self.format_arn(service="sagemaker", resource="endpoint", resource_name=endpoint_name)
        self.function.role.add_to_principal_policy(
            iam.PolicyStatement(actions=["sagemaker:InvokeEndpoint"], resources=[endpoint])
        )
        self.health = PythonFunction(
            self,
            "Health",
            code=FunctionCode(package="health", shared=("http_api",)),
            description="Says whether the endpoint is in service",
            environment=environment,
            key=stores.key,
            timeout=HEALTH_TIMEOUT,
            variables={"ENDPOINT_NAME": endpoint_name},
        )
        self.health.role.add_to_principal_policy(
            iam.PolicyStatement(actions=["sagemaker:DescribeEndpoint"], resources=[endpoint])
        )
        predictions = self._build_predictions(environment, stores, predicted)
        self.api = RecommendationApi(
            self,
            "Api",
            contract=contract_of(environment, [pipeline.workload for pipeline in predicted]),
            functions={RECOMMEND: self.function, HEALTH: self.health, **predictions},
            environment=environment,
            key=stores.key,
        )
        self.functions = {"recommend": self.function.function, "health": self.health.function}
        for one in predictions.values():  # all of them the same one
            self.functions["predict"] = one.function
        CfnOutput(self, "ApiUrl", value=self.api.url)
        CfnOutput(self, "RecommendFunctionName", value=self.function.function.function_name)

    def _build_predictions(
        self, environment: Environment, stores: DataStores, predicted: Sequence[DeploymentPipeline]
    ) -> dict[str, PythonFunction]:
        """What answers the operations of the workloads that the settings name."""
        if not predicted:
            return {}
        function = PredictionFunction(
            self, "Predict", pipelines=predicted, environment=environment, stores=stores, timeout=TIMEOUT
        )
        return {prediction_id(pipeline.workload): function for pipeline in predicted}
