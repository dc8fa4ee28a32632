"""Endpoints on instances keep what they are asked and what they answer, in Model Monitor's file format."""

import base64
import json
import re
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import statement, until
from tests.local.sagemaker.workbench import Workbench

INSTANCES = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}


def capture(workbench: Workbench, **changes: Any) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{workbench.bucket}/captures",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
        **changes,
    }


def serve(workbench: Workbench, name: str, model: str, settings: dict[str, Any]) -> None:
    variant = {"VariantName": "AllTraffic", "ModelName": model, **INSTANCES}
    workbench.sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[variant], DataCaptureConfig=settings
    )
    assert workbench.serve(name, name)["EndpointStatus"] == "InService"


def captured(workbench: Workbench, name: str) -> list[str]:
    prefix = f"captures/{name}/AllTraffic/"
    found: list[str] = until(lambda: workbench.keys(prefix), f"nothing below {prefix}")
    return found


def test_a_request_and_its_answer_are_written_as_model_monitor_reads_them(
    workbench: Workbench, model: str, name: str
) -> None:
    # Given an endpoint that captures all, CSV as text and everything else in base64
    serve(workbench, name, model, capture(workbench))
    # When it is asked
    answer = workbench.invoke(name, b"9,1\n1,9")
    # Then a file lies below the endpoint, the variant and the hour
    (key,) = captured(workbench, name)
    assert re.fullmatch(
        rf"captures/{name}/AllTraffic/\d{{4}}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{{3}}-[0-9a-f-]{{36}}\.jsonl", key
    )
    # And its one line holds both
    (line,) = workbench.read(key).decode().splitlines()
    document = json.loads(line)
    assert document["eventVersion"] == "0"
    assert datetime.fromisoformat(document["eventMetadata"]["inferenceTime"])
    assert document["captureData"] == {
        "endpointInput": {
            "observedContentType": "text/csv",
            "mode": "INPUT",
            "data": "9,1\n1,9",
            "encoding": "CSV",
        },
        "endpointOutput": {
            "observedContentType": "application/json",
            "mode": "OUTPUT",
            "data": base64.b64encode(answer).decode(),
            "encoding": "BASE64",
        },
    }
    # And the endpoint says that it captures
    described = workbench.sagemaker.describe_endpoint(EndpointName=name)["DataCaptureConfig"]
    assert (described["EnableCapture"], described["CaptureStatus"]) == (True, "Started")


def test_what_is_not_asked_for_is_not_captured(workbench: Workbench, model: str, name: str) -> None:
    # Given one endpoint that captures requests only, one whose capture is off, one that samples none
    inputs, off, none = f"{name}-inputs", f"{name}-off", f"{name}-none"
    serve(workbench, inputs, model, capture(workbench, CaptureOptions=[{"CaptureMode": "Input"}]))
    serve(workbench, off, model, capture(workbench, EnableCapture=False))
    serve(workbench, none, model, capture(workbench, InitialSamplingPercentage=0))
    # When all are asked, the first one last
    for endpoint in (off, none, inputs):
        workbench.invoke(endpoint, b"9,1")
    # Then the first has written the request alone, and the others nothing
    (key,) = captured(workbench, inputs)
    assert list(json.loads(workbench.read(key))["captureData"]) == ["endpointInput"]
    assert workbench.keys(f"captures/{off}") == workbench.keys(f"captures/{none}") == []


def test_captures_are_written_with_the_models_role(
    workbench: Workbench, trained: str, name: str, make_role: Any
) -> None:
    # Given a model whose role may read the model data only
    arn = f"arn:aws:s3:::{workbench.bucket}"
    role = make_role(
        "sagemaker.amazonaws.com", statement("s3:ListBucket", arn), statement("s3:GetObject", f"{arn}/*")
    )
    container = workbench.sagemaker.describe_model(ModelName=workbench.make_model(f"{name}-other", trained))
    workbench.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=role,
        PrimaryContainer={"Image": container["PrimaryContainer"]["Image"], "ModelDataUrl": trained},
    )
    serve(workbench, name, name, capture(workbench))
    # When it is asked, then it answers
    workbench.invoke(name, b"9,1")
    # And the role's request to write is refused
    refused = until(
        lambda: [
            access
            for access in workbench.aws.accesses()
            if access["action"] == "s3:PutObject" and f"/captures/{name}/" in access["resource"]
        ],
        "nothing was written",
    )
    assert not any(access["allowed"] for access in refused)


def test_a_serverless_endpoint_captures_nothing(workbench: Workbench, model: str, name: str) -> None:
    # When a serverless configuration asks for it, then it is refused
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": model,
        "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1},
    }
    with pytest.raises(ClientError, match="not supported for serverless"):
        workbench.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant], DataCaptureConfig=capture(workbench)
        )
