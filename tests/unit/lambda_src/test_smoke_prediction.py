import importlib
import io
import json
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from smoke_prediction.comparison import difference
from smoke_prediction.prediction import (
    PAUSES_SECONDS,
    SmokePredictionFailed,
    SmokePredictionImpossible,
    check,
)

SAMPLE = {
    "content_type": "text/csv",
    "accept": "application/jsonlines",
    "body": "1,2,3,4,5",
    "expected": '{"predicted_label": 3.0}',
}
URI = "s3://artifacts/runs/w/1/sample.json"


def stream(text: str | bytes) -> StreamingBody:
    content = text if isinstance(text, bytes) else text.encode()
    return StreamingBody(io.BytesIO(content), len(content))


@pytest.mark.parametrize(
    ("expected", "actual", "media_type"),
    [
        ('{"a": 1}', ' {"a":1.0}\n', "application/json"),
        ('{"a": 1, "b": [true, null, "x"]}', '{"b": [true, null, "x"], "a": 1}', "application/json"),
        ('{"score": 0.123456789}', '{"score": 0.12345684}', "application/json; verbose=true"),
        ('{"a": 1}\n{"a": 2}\n', '{"a":1}\n\n{"a":2}', "application/jsonlines"),
        ("0.5\n0.25\n", "0.5000001\n0.25", "text/csv"),
        ("1,cat\r\n2,dog", "1.0, cat\n2,dog\n", "text/csv"),
        ("1000000", "1000000.5", "text/csv"),
        ("0", "1e-12", "text/csv"),
        ("nan", "NaN", "text/csv"),
        ("as it is", "as it is\n", "text/plain"),
    ],
)
def test_answers_that_mean_the_same_do_not_differ(expected: str, actual: str, media_type: str) -> None:
    assert difference(expected, actual, media_type) is None


@pytest.mark.parametrize(
    ("expected", "actual", "media_type", "says"),
    [
        ('{"a": 1}', '{"a": 2}', "application/json", "answer.a is 2, expected 1"),
        ('{"a": 1}', '{"a": true}', "application/json", "answer.a is True, expected 1"),
        ('{"a": 1}', '{"a": "1"}', "application/json", "answer.a is '1', expected 1"),
        ('{"a": 1}', '{"b": 1}', "application/json", "the keys ['b'], expected ['a']"),
        ('{"a": [1, 2]}', '{"a": [1]}', "application/json", "answer.a has 1 items, expected 2"),
        ('{"a": 1.0}', '{"a": 1.00001}', "application/json", "1.00001"),
        ('{"a": 1}\n{"a": 2}', '{"a": 1}\n{"a": 3}', "application/jsonlines", "line[1].a is 3, expected 2"),
        ('{"a": 1}', "", "application/jsonlines", "line has 0 items, expected 1"),
        ("0.5,1", "0.5,2", "text/csv", "row[0][1] is 2.0, expected 1.0"),
        ("0.5", "nan", "text/csv", "row[0][0] is nan"),
        ("a", "b", "text/plain", "answer is 'b', expected 'a'"),
    ],
)
def test_says_where_answers_differ(expected: str, actual: str, media_type: str, says: str) -> None:
    found = difference(expected, actual, media_type)

    assert found is not None
    assert says in found


def give_sample(stub: Stubber, sample: object) -> None:
    text = sample if isinstance(sample, str) else json.dumps(sample)
    request = {"Bucket": "artifacts", "Key": "runs/w/1/sample.json"}
    stub.add_response("get_object", {"Body": stream(text)}, request)


def give_answer(stub: Stubber, text: str | bytes) -> None:
    stub.add_response(
        "invoke_endpoint",
        {"Body": stream(text)},
        {
            "EndpointName": "quiz",
            "ContentType": "text/csv",
            "Accept": "application/jsonlines",
            "Body": b"1,2,3,4,5",
        },
    )


def test_an_endpoint_that_answers_as_recorded_passes(
    s3: Any, s3_stub: Stubber, runtime: Any, runtime_stub: Stubber
) -> None:
    give_sample(s3_stub, SAMPLE)
    give_answer(runtime_stub, '{"predicted_label":3.0}\n')

    assert check(s3, runtime, endpoint_name="quiz", sample_uri=URI) == '{"predicted_label":3.0}\n'


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ('{"predicted_label": 4.0}', r"line\[0\]\.predicted_label is 4\.0, expected 3\.0"),
        ("<html>", "can't be read as application/jsonlines"),
        (b"\xff", "gave no prediction"),
    ],
)
def test_an_endpoint_that_answers_otherwise_fails(
    s3: Any, s3_stub: Stubber, runtime: Any, runtime_stub: Stubber, answer: str | bytes, says: str
) -> None:
    give_sample(s3_stub, SAMPLE)
    give_answer(runtime_stub, answer)

    with pytest.raises(SmokePredictionFailed, match=says):
        check(s3, runtime, endpoint_name="quiz", sample_uri=URI)


def test_an_endpoint_that_refuses_fails_with_its_reason(
    s3: Any, s3_stub: Stubber, runtime: Any, runtime_stub: Stubber
) -> None:
    give_sample(s3_stub, SAMPLE)
    runtime_stub.add_client_error("invoke_endpoint", "ModelError", "could not load the model", 424)

    with pytest.raises(SmokePredictionFailed, match=r"quiz gave no prediction.*could not load the model"):
        check(s3, runtime, endpoint_name="quiz", sample_uri=URI)


def test_a_call_that_is_refused_says_nothing_of_the_model(
    s3: Any, s3_stub: Stubber, runtime: Any, runtime_stub: Stubber
) -> None:
    give_sample(s3_stub, SAMPLE)
    runtime_stub.add_client_error("invoke_endpoint", "AccessDeniedException", "not authorized", 403)

    with pytest.raises(SmokePredictionImpossible, match=r"quiz gave no prediction.*not authorized"):
        check(s3, runtime, endpoint_name="quiz", sample_uri=URI)


def test_a_model_that_is_still_loading_is_waited_for(
    s3: Any, s3_stub: Stubber, runtime: Any, runtime_stub: Stubber
) -> None:
    give_sample(s3_stub, SAMPLE)
    runtime_stub.add_client_error("invoke_endpoint", "ModelNotReadyException", "wait", 429)
    runtime_stub.add_client_error("invoke_endpoint", "ThrottlingException", "wait", 400)
    give_answer(runtime_stub, SAMPLE["expected"])
    slept: list[float] = []

    check(s3, runtime, endpoint_name="quiz", sample_uri=URI, sleep=slept.append)

    assert slept == list(PAUSES_SECONDS[:2])


def test_a_model_that_never_loads_fails(
    s3: Any, s3_stub: Stubber, runtime: Any, runtime_stub: Stubber
) -> None:
    give_sample(s3_stub, SAMPLE)
    for _ in range(len(PAUSES_SECONDS) + 1):
        runtime_stub.add_client_error("invoke_endpoint", "ModelNotReadyException", "wait", 429)

    with pytest.raises(SmokePredictionFailed, match=r"gave no prediction.*ModelNotReadyException"):
        check(s3, runtime, endpoint_name="quiz", sample_uri=URI, sleep=lambda _: None)


@pytest.mark.parametrize(
    "sample", ["", "[]", "{}", {**SAMPLE, "expected": 3}, {key: SAMPLE[key] for key in ("accept", "body")}]
)
def test_a_sample_that_is_none_fails(s3: Any, s3_stub: Stubber, runtime: Any, sample: object) -> None:
    give_sample(s3_stub, sample)

    with pytest.raises(SmokePredictionImpossible, match=rf"The sample {URI} can't be read"):
        check(s3, runtime, endpoint_name="quiz", sample_uri=URI)


def test_a_sample_that_is_missing_fails(s3: Any, s3_stub: Stubber, runtime: Any) -> None:
    s3_stub.add_client_error("get_object", "NoSuchKey", "The specified key does not exist.", 404)

    with pytest.raises(SmokePredictionImpossible, match=r"can't be read.*does not exist"):
        check(s3, runtime, endpoint_name="quiz", sample_uri=URI)


def test_the_handler_says_what_the_endpoint_predicted(
    monkeypatch: pytest.MonkeyPatch, s3: Any, s3_stub: Stubber, runtime: Any, runtime_stub: Stubber
) -> None:
    handler = importlib.import_module("smoke_prediction.handler")
    monkeypatch.setattr(handler, "s3", s3)
    monkeypatch.setattr(handler, "runtime", runtime)
    give_sample(s3_stub, SAMPLE)
    give_answer(runtime_stub, SAMPLE["expected"])

    result = handler.handler({"endpoint_name": "quiz", "sample_uri": URI}, None)

    assert result == {"endpoint_name": "quiz", "prediction": SAMPLE["expected"]}
