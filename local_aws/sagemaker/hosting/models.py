"""Models: an image, the model data it serves, and the role it runs as."""

from dataclasses import asdict, dataclass, field
from typing import Any

from local_aws.sagemaker import listing, model, store
from local_aws.sagemaker.kinds import MODEL, MODEL_PACKAGE
from local_aws.sagemaker.rules import hosting as rules
from local_aws.sagemaker.store import Record


@dataclass(frozen=True)
class Servable:
    """What a server process is made of: taken from a model once, and kept even if the model is deleted
    then."""

    image: str
    model_data_url: str | None
    role_arn: str | None
    environment: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """A copy to persist; `Servable(**copy)` is it again."""
        return asdict(self)


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateModel."""
    rules.check_model(params)
    record = store.create(MODEL, params["ModelName"], {"EnableNetworkIsolation": False, **params})
    return {"ModelArn": record["ModelArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeModel."""
    return model.answer("DescribeModel", store.get(MODEL, params["ModelName"]))


def delete(params: dict[str, Any]) -> dict[str, Any]:
    """DeleteModel; what is deployed of it goes on serving, as on AWS."""
    store.remove(MODEL, params["ModelName"])
    return {}


def list_models(params: dict[str, Any]) -> dict[str, Any]:
    """ListModels."""
    return listing.answer(MODEL, params)


def servable(record: Record) -> Servable:
    """What a model serves; a model package's container takes the model's environment on top of its own."""
    container = record["PrimaryContainer"] if "PrimaryContainer" in record else record["Containers"][0]
    source = container
    if "ModelPackageName" in container:
        package = store.get(MODEL_PACKAGE, container["ModelPackageName"].partition("/")[2])
        source = package["InferenceSpecification"]["Containers"][0]
    return Servable(
        image=source["Image"],
        model_data_url=source.get("ModelDataUrl"),
        role_arn=record.get("ExecutionRoleArn"),
        environment={**source.get("Environment", {}), **container.get("Environment", {})},
    )
