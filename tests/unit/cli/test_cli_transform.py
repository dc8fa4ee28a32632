"""Predictions for whole files."""

import hashlib
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from botocore.response import StreamingBody
from rich.console import Console

from cli import registry, transform
from cli.errors import OperatorError
from cli.executions import Follower
from cli.platform import Platform
from cli.progress import Board
from cli.translation import Translator
from settings.workload import Workload
from tests.unit.cli.stubbed_aws import (
    ARN,
    BATCH_MACHINE,
    PACKAGE,
    StubbedTarget,
    expect_followed,
    package_description,
)

EXECUTION = f"{ARN}:execution:batch:1"
OUTPUT_URI = "s3://artifacts/batch/records.csv.out"


def expect_upload(target: StubbedTarget, name: str, content: bytes) -> str:
    """Announce that a file of this content is there already, and return its address."""
    checksum = hashlib.sha256(content).hexdigest()
    digest = hashlib.sha256(f"{checksum}  {name}".encode()).hexdigest()[:16]
    prefix = f"uploads/mysfit_recommender/batch/{digest}/"
    present = {"Contents": [{"Key": prefix + name, "Size": len(content)}]}
    target.expect("s3", "list_objects_v2", present, {"Bucket": "data-bucket", "Prefix": prefix})
    return f"s3://data-bucket/{prefix}{name}"


def expect_end(target: StubbedTarget, status: str, package: str = PACKAGE) -> None:
    answer = {
        "executionArn": EXECUTION,
        "stateMachineArn": BATCH_MACHINE,
        "status": status,
        "startDate": datetime(2026, 1, 2, tzinfo=UTC),
    }
    if status == "SUCCEEDED":
        answer["output"] = json.dumps({"output_uri": OUTPUT_URI, "model_package_arn": package})
    else:
        answer |= {"error": "States.TaskFailed", "cause": "a record was refused"}
    expect_followed(target, answer)


@pytest.fixture
def follower(target: StubbedTarget) -> Follower:
    return Follower(target, Board(Console(file=io.StringIO())), sleep=lambda _: None)


@pytest.fixture
def translator(platform: Platform, target: StubbedTarget, workload: Workload) -> Translator:
    """A translator whose script takes objects with a field `a`."""
    target.expect("sagemaker", "describe_model_package", package_description(), {"ModelPackageName": PACKAGE})
    script = ModuleType("inference")

    def encode(document: dict[str, int], _serving: object) -> str:
        if "a" not in document:
            raise ValueError("a: is missing")
        return f"{document['a']},0\n"

    script.encode = encode  # type: ignore[attr-defined]
    return Translator(workload, registry.describe(platform, PACKAGE), {}, script)


def test_records_are_uploaded_as_they_are(
    platform: Platform, target: StubbedTarget, workload: Workload, tmp_path: Path
) -> None:
    (tmp_path / "records.csv").write_text("1,2\n")
    uri = expect_upload(target, "records.csv", b"1,2\n")

    assert transform.bring(platform, workload, str(tmp_path / "records.csv")) == transform.BatchInput(uri)


def test_an_empty_file_is_refused(platform: Platform, workload: Workload, tmp_path: Path) -> None:
    (tmp_path / "records.csv").touch()

    with pytest.raises(OperatorError, match=r"records\.csv is empty"):
        transform.bring(platform, workload, str(tmp_path / "records.csv"))


def test_documents_are_encoded_line_by_line(
    platform: Platform,
    target: StubbedTarget,
    workload: Workload,
    tmp_path: Path,
    translator: Translator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a workload that reads documents, and a file of them
    monkeypatch.setattr(transform, "is_translatable", lambda _: True)
    monkeypatch.setattr(transform, "translator_of", lambda *_: translator)
    (tmp_path / "people.jsonl").write_text('{"a": 1}\n\n{"a": 2}\n')
    uri = expect_upload(target, "people.csv", b"1,0\n2,0\n")

    # When it is brought, then its records are uploaded, with the model they were encoded for
    given = transform.bring(platform, workload, str(tmp_path / "people.jsonl"))

    assert given == transform.BatchInput(uri, PACKAGE)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a": 1}\n{"b": 2}\n', "line 2: mysfit_recommender: a: is missing"),
        ('{"a": 1}\n{a}\n', "line 2 is no JSON document"),
        (b"\xff\n", "line 1 is no JSON document"),
        ("\n", "holds nothing to predict from"),
    ],
)
def test_a_wrong_line_is_named(
    translator: Translator, tmp_path: Path, content: str | bytes, said: str
) -> None:
    documents = tmp_path / "people.jsonl"
    documents.write_bytes(content.encode() if isinstance(content, str) else content)

    with pytest.raises(OperatorError, match=said):
        transform.encode_file(translator, documents, tmp_path / "people.csv")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("s3://another/file.csv", "give a file of its own bucket, s3://data-bucket/"),
        ("/nowhere.csv", "is no file to predict from"),
        (__file__, "is no file to predict from"),
    ],
)
def test_another_source_is_refused(platform: Platform, workload: Workload, source: str, said: str) -> None:
    with pytest.raises(OperatorError, match=said):
        transform.bring(platform, workload, source)


def test_documents_for_a_workload_that_reads_none_are_refused(
    platform: Platform, workload: Workload, tmp_path: Path
) -> None:
    (tmp_path / "people.jsonl").write_text("{}")
    mute = workload.model_copy(update={"folder": tmp_path})

    with pytest.raises(OperatorError, match=r"no inference\.py, so it reads no documents"):
        transform.bring(platform, mute, str(tmp_path / "people.jsonl"))


def test_the_execution_is_started_with_the_input(
    platform: Platform, target: StubbedTarget, workload: Workload
) -> None:
    asked = {
        "stateMachineArn": BATCH_MACHINE,
        "input": json.dumps({"input_uri": "s3://data-bucket/a.csv", "join": True}),
    }
    answer = {"executionArn": EXECUTION, "startDate": datetime(2026, 1, 2, tzinfo=UTC)}
    target.expect("stepfunctions", "start_execution", answer, asked)

    given = transform.BatchInput("s3://data-bucket/a.csv")

    assert transform.start(platform, workload, given, join=True) == EXECUTION


def test_the_predictions_are_fetched(
    platform: Platform, target: StubbedTarget, workload: Workload, follower: Follower, tmp_path: Path
) -> None:
    # Given an execution that succeeds
    expect_end(target, "SUCCEEDED")
    where = {"Bucket": "artifacts", "Key": "batch/records.csv.out"}
    target.expect("s3", "head_object", {"ContentLength": 4}, where)
    body = StreamingBody(io.BytesIO(b"0.5\n"), 4)
    target.expect("s3", "get_object", {"Body": body, "ContentLength": 4}, where)
    given = transform.BatchInput("s3://data-bucket/a.csv", PACKAGE)

    # When it is followed with a file to fill
    file = tmp_path / "new" / "answers.csv"
    result = transform.run_to_end(platform, workload, given, EXECUTION, follower, file)

    # Then the file holds the predictions
    assert file.read_text() == "0.5\n"
    assert result.document() == {
        "execution_arn": EXECUTION,
        "output_uri": OUTPUT_URI,
        "model_package_arn": PACKAGE,
        "file": str(file),
    }


def test_what_was_encoded_for_another_model_is_no_prediction(
    platform: Platform, target: StubbedTarget, workload: Workload, follower: Follower
) -> None:
    expect_end(target, "SUCCEEDED", package="another-package")
    given = transform.BatchInput("s3://data-bucket/a.csv", PACKAGE)

    with pytest.raises(OperatorError, match="another-package has predicted from what was encoded for"):
        transform.run_to_end(platform, workload, given, EXECUTION, follower, None)


def test_a_failed_execution_is_told(
    platform: Platform, target: StubbedTarget, workload: Workload, follower: Follower
) -> None:
    expect_end(target, "FAILED")

    with pytest.raises(
        OperatorError, match=r"Predicting with mysfit_recommender failed .*record was refused"
    ):
        transform.run_to_end(
            platform, workload, transform.BatchInput("s3://data-bucket/a.csv"), EXECUTION, follower, None
        )
