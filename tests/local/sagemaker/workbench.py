"""What a SageMaker user has at hand: a role, a bucket of data, and short ways to run jobs and endpoints."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.local.running import LocalAws

KNN = "382416733822.dkr.ecr.us-east-1.amazonaws.com/knn:1"
SKLEARN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
INSTANCE = "ml.m5.large"
END_SECONDS = 180.0
HYPERPARAMETERS = {
    "feature_dim": "2",
    "k": "3",
    "predictor_type": "classifier",
    "sample_size": "1000",
}


def rows(count: int, seed: int = 7) -> list[str]:
    """Labelled rows of two features that k-NN can learn: the label tells whether the first is the greater."""
    numbers = random.Random(seed)  # noqa: S311 - test data
    points = [(numbers.uniform(0, 10), numbers.uniform(0, 10)) for _ in range(count)]
    return [f"{int(first > second)},{first:.4f},{second:.4f}" for first, second in points]


def csv(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


@dataclass
class Workbench:
    """A role, a bucket, and clients."""

    aws: LocalAws
    role: str
    bucket: str

    def __post_init__(self) -> None:
        self.s3 = self.aws.client("s3")
        self.sagemaker = self.aws.client("sagemaker")
        self.runtime = self.aws.client("sagemaker-runtime")

    def put(self, key: str, body: bytes) -> str:
        """Put an object, and give its address."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def read(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def keys(self, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for item in listed.get("Contents", [])]

    def training_request(self, name: str, **changes: Any) -> dict[str, Any]:
        return {
            "TrainingJobName": name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {"TrainingImage": KNN, "TrainingInputMode": "File"},
            "HyperParameters": HYPERPARAMETERS,
            "InputDataConfig": [self.channel("train"), self.channel("test")],
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/models"},
            "ResourceConfig": {"InstanceType": INSTANCE, "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            **changes,
        }

    def channel(self, channel: str, uri: str | None = None, **changes: Any) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": uri or f"s3://{self.bucket}/data/{channel}/"}
        return {
            "ChannelName": channel,
            "ContentType": "text/csv",
            "DataSource": {"S3DataSource": {**source, "S3DataDistributionType": "FullyReplicated"}},
            **changes,
        }

    def processing_request(self, name: str, script: str, *arguments: str, **changes: Any) -> dict[str, Any]:
        code = self.put(f"code/{name}/script.py", script.encode())
        root = "/opt/ml/processing"
        return {
            "ProcessingJobName": name,
            "RoleArn": self.role,
            "AppSpecification": {
                "ImageUri": SKLEARN,
                "ContainerEntrypoint": ["python3", f"{root}/input/code/script.py"],
                **({"ContainerArguments": list(arguments)} if arguments else {}),
            },
            "ProcessingInputs": [
                self.processing_input("code", code, f"{root}/input/code"),
                self.processing_input("raw", f"s3://{self.bucket}/data/train/", f"{root}/input/raw"),
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "result",
                        "S3Output": {
                            "S3Uri": f"s3://{self.bucket}/processed/{name}",
                            "LocalPath": f"{root}/output",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": INSTANCE, "InstanceCount": 1, "VolumeSizeInGB": 5}
            },
            **changes,
        }

    def processing_input(self, name: str, uri: str, path: str) -> dict[str, Any]:
        source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
        return {"InputName": name, "S3Input": source}

    def transform_request(self, name: str, model: str, uri: str, **changes: Any) -> dict[str, Any]:
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
        return {
            "TransformJobName": name,
            "ModelName": model,
            "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
            "TransformOutput": {
                "S3OutputPath": f"s3://{self.bucket}/transformed/{name}",
                "Accept": "application/jsonlines",
                "AssembleWith": "Line",
            },
            "BatchStrategy": "MultiRecord",
            "TransformResources": {"InstanceType": INSTANCE, "InstanceCount": 1},
            **changes,
        }

    def train(self, name: str, **changes: Any) -> dict[str, Any]:
        """Run a training job to its end, and give its description."""
        self.sagemaker.create_training_job(**self.training_request(name, **changes))
        return self.ended("TrainingJob", name)

    def process(self, name: str, script: str, *arguments: str, **changes: Any) -> dict[str, Any]:
        """Run a processing job to its end, and give its description."""
        self.sagemaker.create_processing_job(**self.processing_request(name, script, *arguments, **changes))
        return self.ended("ProcessingJob", name)

    def transform(self, name: str, model: str, uri: str, **changes: Any) -> dict[str, Any]:
        """Run a transform job to its end, and give its description."""
        self.sagemaker.create_transform_job(**self.transform_request(name, model, uri, **changes))
        return self.ended("TransformJob", name)

    def ended(self, kind: str, name: str) -> dict[str, Any]:
        """A job's description once it has ended."""
        return self.described(
            kind, name, lambda job: job[f"{kind}Status"] in ("Completed", "Failed", "Stopped")
        )

    def described(self, kind: str, name: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The description of a resource once it is as `holds` says."""
        words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind)
        describe = getattr(self.sagemaker, f"describe{words}")
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline:
            found: dict[str, Any] = describe(**{f"{kind}Name": name})
            if holds(found):
                return found
            time.sleep(0.03)
        raise AssertionError(f"{kind} {name} is still {found}")

    def make_model(self, name: str, data: str | None, **container: Any) -> str:
        """A k-NN model."""
        definition = {"Image": KNN, **({"ModelDataUrl": data} if data else {}), **container}
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=self.role, PrimaryContainer=definition)
        return name

    def make_config(self, name: str, model: str, **variant: Any) -> str:
        """A serverless endpoint configuration."""
        hosting = variant or {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 5}}
        variants = [{"VariantName": "AllTraffic", "ModelName": model, **hosting}]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
        return name

    def serve(self, name: str, config: str) -> dict[str, Any]:
        """Create an endpoint and wait until it serves or has failed."""
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return self.settled(name)

    def settled(self, name: str) -> dict[str, Any]:
        """An endpoint's description once nothing is under way."""
        return self.described(
            "Endpoint", name, lambda endpoint: endpoint["EndpointStatus"] in ("InService", "Failed")
        )

    def invoke(self, endpoint: str, body: bytes, **settings: Any) -> bytes:
        """An endpoint's answer to a CSV body, or to what `settings` say."""
        request = {"ContentType": "text/csv", **settings}
        answer: bytes = self.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, **request)[
            "Body"
        ].read()
        return answer
