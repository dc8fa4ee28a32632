"""The function that asks workloads' models in the workloads' own words."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from settings.environment import Environment
from settings.inference_script import NAME
from stacks.constructs.arns import sagemaker_arn
from stacks.constructs.data_stores import DataStores
from stacks.constructs.deployment_pipeline import DeploymentPipeline
from stacks.constructs.python_function import DISTRIBUTIONS, FunctionCode, PythonFunction

LIBRARY = "library"


class PredictionFunction(PythonFunction):
    """May ask the named workloads' endpoints, and read how their models' requests are encoded."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pipelines: Sequence[DeploymentPipeline],
        environment: Environment,
        stores: DataStores,
        timeout: Duration,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            code=FunctionCode(
                package="predict",
                shared=("http_api",),
                files=_scripts([pipeline.workload.folder for pipeline in pipelines]),
                distributions=DISTRIBUTIONS,
            ),
            description="Predicts in the words of workloads",
            environment=environment,
            key=stores.key,
            timeout=timeout,
            memory_mb=512,
            variables={
                "PREDICTIONS": json.dumps(
                    {
                        pipeline.workload.name: {
                            "endpoint_name": pipeline.endpoint_name,
                            "endpoint_arn": sagemaker_arn(scope, "endpoint", pipeline.endpoint_name),
                            "content_type": pipeline.workload.inference.content_type,
                            "accept": pipeline.workload.inference.accept,
                        }
                        for pipeline in pipelines
                    }
                ),
                "POWERTOOLS_SERVICE_NAME": "prediction",
            },
        )
        for pipeline in pipelines:
            self._allow_asking(pipeline)
            self._allow_reading(pipeline, stores)
        stores.key.grant(self.role, "kms:Decrypt")

    def _allow_asking(self, pipeline: DeploymentPipeline) -> None:
        self._allow(
            ["sagemaker:InvokeEndpoint", "sagemaker:ListTags"],
            sagemaker_arn(self, "endpoint", pipeline.endpoint_name),
        )

    def _allow_reading(self, pipeline: DeploymentPipeline, stores: DataStores) -> None:
        packages = sagemaker_arn(self, "model-package", f"{pipeline.model_package_group_name}/*")
        self._allow(["sagemaker:DescribeModelPackage"], packages)
        objects = f"runs/{pipeline.workload.name}/*/evaluation/serving.json"
        self._allow(["s3:GetObject"], stores.artifacts_bucket.arn_for_objects(objects))

    def _allow(self, actions: list[str], resource: str) -> None:
        self.role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[resource]))


def _scripts(folders: Sequence[Path]) -> Mapping[str, Path]:
    """Where each workload's inference.py and what the workloads share go in the asset."""
    own = {f"workloads/{folder.name}/{NAME}": folder / NAME for folder in folders}
    library = folders[0].parent / LIBRARY
    return own | {f"{LIBRARY}/{path.name}": path for path in sorted(library.glob("*.py"))}
