"""The predicting function's parts: which model serves, how its language is spoken, and what is refused."""

import io
import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from http_api.faults import EndpointUnavailable, InvalidRequest, RequestTooLarge, UnreadablePrediction
from predict.language import Language
from predict.prediction import MAX_BODY_BYTES, predict
from predict.serving import KEPT_SECONDS, ServedModels
from predict.targets import Target, targets

ARN = "arn:aws:sagemaker:us-east-1:000000000000:endpoint/ml-dev-quiz"
TARGET = Target("ml-dev-quiz", ARN, "text/csv", "application/jsonlines")
GROUP = "arn:aws:sagemaker:us-east-1:000000000000:model-package/ml-dev-quiz"
FIRST, SECOND = f"{GROUP}/1", f"{GROUP}/2"


class Aws:
    """Stubbed SageMaker and S3."""

    def __init__(self) -> None:
        self.sagemaker, self.s3 = boto3.client("sagemaker"), boto3.client("s3")
        self.on_sagemaker, self.on_s3 = Stubber(self.sagemaker), Stubber(self.s3)
        self.on_sagemaker.activate()
        self.on_s3.activate()

    def serves(self, package: str) -> None:
        tags = [{"Key": "other", "Value": "x"}, {"Key": "model-package-arn", "Value": package}]
        self.on_sagemaker.add_response("list_tags", {"Tags": tags}, {"ResourceArn": ARN})

    def holds(self, package: str, serving: dict[str, Any]) -> None:
        run = f"runs/quiz/{package[-1]}/"
        described = {
            "ModelPackageName": "n",
            "ModelPackageArn": package,
            "CreationTime": 0,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "CustomerMetadataProperties": {"artifacts_uri": f"s3://artifacts/{run}"},
        }
        self.on_sagemaker.add_response("describe_model_package", described, {"ModelPackageName": package})
        content = json.dumps(serving).encode()
        self.on_s3.add_response(
            "get_object",
            {"Body": StreamingBody(io.BytesIO(content), len(content))},
            {"Bucket": "artifacts", "Key": f"{run}evaluation/serving.json"},
        )

    def asked_all(self) -> None:
        self.on_sagemaker.assert_no_pending_responses()
        self.on_s3.assert_no_pending_responses()


@pytest.fixture
def aws() -> Aws:
    return Aws()


@pytest.fixture
def models(aws: Aws) -> ServedModels:
    return ServedModels(aws.sagemaker, aws.s3)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    now = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr("predict.serving.time.monotonic", lambda: now.seconds)
    return now


def test_the_encoding_is_read_once_for_each_model_package(
    aws: Aws, models: ServedModels, clock: SimpleNamespace
) -> None:
    # Given an endpoint that serves one package
    aws.serves(FIRST)
    aws.holds(FIRST, {"version": 1})
    assert models.serving(TARGET) == {"version": 1}
    # When it is asked again soon, then nothing is looked up
    clock.seconds += KEPT_SECONDS - 1
    assert models.serving(TARGET) == {"version": 1}
    # When it is asked later, then only which package it is
    aws.serves(FIRST)
    clock.seconds += 2
    assert models.serving(TARGET) == {"version": 1}
    # And another package's is read
    aws.serves(SECOND)
    aws.holds(SECOND, {"version": 2})
    clock.seconds += KEPT_SECONDS
    assert models.serving(TARGET) == {"version": 2}
    aws.asked_all()


@pytest.mark.parametrize("code", ["ValidationException", "ResourceNotFound"])
def test_an_endpoint_that_is_missing_is_unavailable(aws: Aws, models: ServedModels, code: str) -> None:
    aws.on_sagemaker.add_client_error("list_tags", code)
    with pytest.raises(EndpointUnavailable) as fault:
        models.serving(TARGET)
    assert fault.value.retry_after_seconds


def test_an_endpoint_without_a_recorded_package_is_unavailable(aws: Aws, models: ServedModels) -> None:
    aws.on_sagemaker.add_response("list_tags", {"Tags": [{"Key": "a", "Value": "b"}]})
    with pytest.raises(EndpointUnavailable):
        models.serving(TARGET)


def test_targets_are_read_by_workload() -> None:
    assert targets(json.dumps({"quiz": TARGET._asdict()})) == {"quiz": TARGET}


@pytest.fixture
def quiz(monkeypatch: pytest.MonkeyPatch) -> Language:
    """A language of which the model repeats the words."""

    def encode(document: Any, serving: dict[str, Any]) -> str:
        if document not in serving["words"]:
            raise ValueError(f"word: {document!r} is not one of {', '.join(serving['words'])}")
        return str(serving["words"].index(document))

    def decode(answer: str, _document: Any, serving: dict[str, Any]) -> dict[str, Any]:
        return {"word": serving["words"][int(answer)]}

    def load(name: str) -> SimpleNamespace:
        assert name == "workloads.quiz.inference"
        return SimpleNamespace(encode=encode, decode=decode)

    monkeypatch.setattr("predict.language.importlib.import_module", load)
    return Language("quiz")


class Model:
    """A runtime client whose endpoint answers a text."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: dict[str, Any] = {}

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        self.asked = request
        return {"Body": io.BytesIO(self.answer)}


def _served(aws: Aws, models: ServedModels) -> ServedModels:
    aws.serves(FIRST)
    aws.holds(FIRST, {"words": ["yes", "no"]})
    return models


def _event(body: str) -> dict[str, Any]:
    return {"headers": {"Content-Type": "application/json"}, "body": body}


def test_a_document_is_encoded_asked_and_decoded(aws: Aws, models: ServedModels, quiz: Language) -> None:
    model = Model(b"0")
    answer = predict(_event('"no"'), TARGET, quiz, _served(aws, models), model)
    assert answer == {"word": "yes"}
    assert model.asked == {
        "EndpointName": "ml-dev-quiz",
        "ContentType": "text/csv",
        "Accept": "application/jsonlines",
        "Body": b"1",
    }


def test_a_wrong_document_is_refused_in_the_languages_own_words(
    aws: Aws, models: ServedModels, quiz: Language
) -> None:
    with pytest.raises(InvalidRequest, match="word: 'maybe' is not one of yes, no"):
        predict(_event('"maybe"'), TARGET, quiz, _served(aws, models), Model(b"0"))


@pytest.mark.parametrize("answer", [b"2", b"many", b"\xff"])
def test_an_answer_that_is_none_is_the_models_fault(
    aws: Aws, models: ServedModels, quiz: Language, answer: bytes
) -> None:
    with pytest.raises(UnreadablePrediction):
        predict(_event('"no"'), TARGET, quiz, _served(aws, models), Model(answer))


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("", "empty"),
        ("{", "isn't valid JSON"),
        ("1" * 5000, "too long"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_refused_before_anything_is_asked(
    models: ServedModels, quiz: Language, body: str, named: str
) -> None:
    with pytest.raises(InvalidRequest, match=f"{named}.*openapi.json"):
        predict(_event(body), TARGET, quiz, models, Model(b""))


def test_a_body_has_a_largest_size(models: ServedModels, quiz: Language) -> None:
    with pytest.raises(RequestTooLarge, match=str(MAX_BODY_BYTES)):
        predict(_event(" " * (MAX_BODY_BYTES + 1)), TARGET, quiz, models, Model(b""))
