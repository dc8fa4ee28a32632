"""Requests in a workload's own language."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody

from cli import prediction, translation
from cli.errors import OperatorError
from cli.platform import Platform
from settings.workload import Workload
from tests.unit.cli.stubbed_aws import ENDPOINT, SWITCH, StubbedTarget, expect_artifact, expect_served_package

SCRIPT = """
from library_of_test import field

def encode(document, serving):
    documents = document if isinstance(document, list) else [document]
    return "\\n".join(str(serving["columns"].index(field(each))) for each in documents)

def decode(body, document, serving):
    answers = [{"is": serving["columns"][int(line)]} for line in body.split()]
    return answers if isinstance(document, list) else answers[0]
"""
LIBRARY = """
def field(document):
    if "age" not in document:
        raise ValueError("age: is missing, it must be young or old")
    return document["age"]
"""


@pytest.fixture
def workload(workload: Workload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workload:
    """A workload with a language of its own."""
    monkeypatch.setattr("sys.path", [*sys.path])
    folder = tmp_path / "training_scripts" / "mysfit_recommender"
    folder.mkdir(parents=True)
    (folder / "inference.py").write_text(SCRIPT)
    (folder.parent / "library_of_test.py").write_text(LIBRARY)
    return workload.model_copy(update={"folder": folder})


def expect_invocation(target: StubbedTarget, sent: str, answered: str, **formats: str) -> None:
    stream = StreamingBody(io.BytesIO(answered.encode()), len(answered))
    asked = {
        "EndpointName": ENDPOINT,
        "ContentType": formats.get("content_type", "text/csv"),
        "Accept": formats.get("accept", "application/jsonlines"),
        "Body": sent.encode(),
    }
    target.expect("sagemaker-runtime", "invoke_endpoint", {"Body": stream, "ContentType": "any"}, asked)


@pytest.mark.parametrize(
    ("document", "sent", "answered", "answer"),
    [
        ({"age": "old"}, "1", "0\n", {"is": "young"}),
        ([{"age": "old"}, {"age": "young"}], "1\n0", "0\n1\n", [{"is": "young"}, {"is": "old"}]),
    ],
)
def test_a_document_is_encoded_and_its_answer_decoded(
    platform: Platform,
    target: StubbedTarget,
    workload: Workload,
    document: Any,
    sent: str,
    answered: str,
    answer: Any,
) -> None:
    # Given the served model's run has left its encoding
    expect_served_package(target)
    expect_artifact(target, "evaluation/serving.json", {"columns": ["young", "old"]})
    expect_invocation(target, sent, answered)

    # When a prediction is asked for in the workload's language, then it is answered in it
    found = prediction.predict(platform, workload, json.dumps(document))

    assert json.loads(found.body) == answer


@pytest.mark.parametrize(("body", "as_is"), [('{"instances": []}', False), ('{"age": "old"}', True)])
def test_what_the_container_takes_is_sent_as_it_is(
    platform: Platform, target: StubbedTarget, workload: Workload, body: str, as_is: bool
) -> None:
    expect_invocation(target, body, "{}", content_type="application/json", accept="application/json")

    assert prediction.predict(platform, workload, body, as_is=as_is).body == "{}"


def test_a_wrong_document_is_refused_in_the_script_s_words(
    platform: Platform, target: StubbedTarget, workload: Workload
) -> None:
    expect_served_package(target)
    expect_artifact(target, "evaluation/serving.json", {"columns": []})

    with pytest.raises(OperatorError, match="mysfit_recommender: age: is missing, it must be young or old"):
        prediction.predict(platform, workload, "{}")


def test_a_model_without_its_encoding_is_told(
    platform: Platform, target: StubbedTarget, workload: Workload
) -> None:
    expect_served_package(target)
    target.refuse("s3", "get_object", "NoSuchKey", "The specified key does not exist.")

    with pytest.raises(OperatorError, match=r"serving\.json is gone, so version 3 .* lacks its encoding"):
        translation.translator_of(platform, workload)


def test_without_an_endpoint_there_is_no_language(
    platform: Platform, target: StubbedTarget, workload: Workload
) -> None:
    target.refuse("sagemaker", "describe_endpoint", "ValidationException", "Could not find endpoint.")
    target.expect("ssm", "get_parameters", {"Parameters": []}, {"Names": [SWITCH]})

    with pytest.raises(OperatorError, match=r"no endpoint that serves a model: .*train mysfit_recommender"):
        translation.translator_of(platform, workload)
