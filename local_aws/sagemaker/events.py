"""EventBridge events of SageMaker, on the account's default bus.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

import json
from datetime import UTC, datetime
from typing import Any

from ministack.services import eventbridge

from local_aws.sagemaker import model
from local_aws.sagemaker.kinds import (
    ENDPOINT,
    HYPERPARAMETER_TUNING_JOB,
    MODEL_PACKAGE,
    NOTEBOOK_INSTANCE,
    PROCESSING_JOB,
    TRAINING_JOB,
    TRANSFORM_JOB,
    Kind,
)
from local_aws.sagemaker.store import Record

_DETAIL_TYPES = {
    TRAINING_JOB: "SageMaker Training Job State Change",
    HYPERPARAMETER_TUNING_JOB: "SageMaker HyperParameter Tuning Job State Change",
    PROCESSING_JOB: "SageMaker Processing Job State Change",
    TRANSFORM_JOB: "SageMaker Transform Job State Change",
    ENDPOINT: "SageMaker Endpoint State Change",
    MODEL_PACKAGE: "SageMaker Model Package State Change",
    NOTEBOOK_INSTANCE: "SageMaker Notebook Instance State Change",
}


def state_changed(kind: Kind, record: Record, **more: Any) -> None:
    """Tell that a resource's state changed; the event's detail is the resource's description and `more`."""
    operation = f"Describe{kind.name}"
    how = iso_time if kind is MODEL_PACKAGE else epoch_milliseconds
    detail = model.timestamps(operation).rewrite(model.answer(operation, record), how)
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": _DETAIL_TYPES[kind],
        "Detail": json.dumps({**detail, **more}),
        "Resources": [record[f"{kind.name}Arn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def epoch_milliseconds(seconds: float) -> int:
    """A point in time as most events and Step Functions' optimized integrations write it."""
    return round(seconds * 1000)


def iso_time(seconds: float) -> str:
    """A point in time as model package events and Step Functions' SDK integrations write it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
