"""Transform jobs send every record of the input to a model and assemble its answers."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.workbench import Workbench, csv, rows

LINES = rows(50, seed=3)
LABELS = [line[0] for line in LINES]


def test_a_line_in_is_a_line_out(workbench: Workbench, model: str, name: str) -> None:
    # Given
    uri = workbench.put(f"in/{name}/deep/test.csv", csv(LINES)).removesuffix("deep/test.csv")

    # When
    job = workbench.transform(name, model, uri, DataProcessing={"InputFilter": "$[1:]"})

    # Then
    assert job["TransformJobStatus"] == "Completed", job
    assert workbench.keys(f"transformed/{name}") == [f"transformed/{name}/deep/test.csv.out"]
    answers = workbench.read(f"transformed/{name}/deep/test.csv.out").decode().splitlines()
    predicted = [json.loads(answer)["predicted_label"] for answer in answers]
    right = sum(label == str(int(guess)) for label, guess in zip(LABELS, predicted, strict=True))
    assert right >= 45


def test_single_records_several_at_once(workbench: Workbench, model: str, name: str) -> None:
    # Given
    uri = workbench.put(f"in/{name}/a.csv", csv(LINES))
    workbench.put(f"in/{name}/a.csv.more", csv(LINES[:2]))

    # When
    job = workbench.transform(
        name,
        model,
        uri,
        BatchStrategy="SingleRecord",
        MaxConcurrentTransforms=4,
        MaxPayloadInMB=1,
        DataProcessing={"InputFilter": "$[1:]"},
    )

    # Then
    assert job["TransformJobStatus"] == "Completed", job
    assert workbench.keys(f"transformed/{name}") == [
        f"transformed/{name}/a.csv.more.out",
        f"transformed/{name}/a.csv.out",
    ]
    assert len(workbench.read(f"transformed/{name}/a.csv.out").splitlines()) == len(LINES)


def test_predictions_join_their_input(workbench: Workbench, model: str, name: str) -> None:
    # Given
    uri = workbench.put(f"in/{name}.jsonl", b'{"id":"a","features":[9,1]}\n{"id":"b","features":[1,9]}\n')
    request = workbench.transform_request(name, model, uri)
    request["TransformInput"]["ContentType"] = "application/jsonlines"
    request["DataProcessing"] = {"JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"}

    # When the filter is not supported, it is refused
    with pytest.raises(ClientError, match=r"DataProcessing: .* is not supported"):
        workbench.sagemaker.create_transform_job(**request)

    # When
    request["DataProcessing"]["OutputFilter"] = "$"
    workbench.sagemaker.create_transform_job(**request)

    # Then
    assert workbench.ended("TransformJob", name)["TransformJobStatus"] == "Completed"
    lines = workbench.read(f"transformed/{name}/{name}.jsonl.out").decode().splitlines()
    joined = [json.loads(line) for line in lines]
    assert [item["id"] for item in joined] == ["a", "b"]
    assert [item["SageMakerOutput"]["predicted_label"] for item in joined] == [1.0, 0.0]


def test_a_refused_record_fails_the_job(workbench: Workbench, model: str, name: str) -> None:
    # Given rows with their label, one value too many
    uri = workbench.put(f"in/{name}.csv", csv(LINES))

    # When
    job = workbench.transform(name, model, uri)

    # Then
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Bad HTTP status received from algorithm: 400.")
    assert "line 1 has 3 values, expected 2" in job["FailureReason"]


def test_an_empty_prefix_fails_the_job(workbench: Workbench, model: str, name: str) -> None:
    # When
    job = workbench.transform(name, model, f"s3://{workbench.bucket}/nothing-here/")

    # Then
    assert job["FailureReason"].startswith("ClientError: Data download failed: No objects found")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ModelName": "no-such-model"}, "Could not find model"),
        ({"MaxPayloadInMB": 60, "MaxConcurrentTransforms": 2}, "must not exceed 100 MB"),
        ({"DataProcessing": {"InputFilter": "1:"}}, "failed to satisfy constraint|is not a JSONPath"),
    ],
)
def test_requests_that_make_no_sense(
    workbench: Workbench, model: str, name: str, change: dict[str, object], said: str
) -> None:
    # Given
    request = {**workbench.transform_request(name, model, f"s3://{workbench.bucket}/data/test/"), **change}

    # Then
    with pytest.raises(ClientError, match=said):
        workbench.sagemaker.create_transform_job(**request)


def test_batches_need_a_split(workbench: Workbench, model: str, name: str) -> None:
    # Given
    request = workbench.transform_request(name, model, f"s3://{workbench.bucket}/data/test/")
    del request["TransformInput"]["SplitType"]

    # Then
    with pytest.raises(ClientError, match="BatchStrategy MultiRecord requires a SplitType"):
        workbench.sagemaker.create_transform_job(**request)
