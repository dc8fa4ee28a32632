import io
from pathlib import Path

import pytest
from botocore.response import StreamingBody

from cli import prediction
from cli.errors import OperatorError
from cli.platform import Platform
from tests.unit.cli.stubbed_aws import StubbedTarget

ENDPOINT = "ml-dev-mysfit-recommender"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("1,2,3,4,5", "text/csv"),
        ("1,2,3,4,5\n5,4,3,2,1\n", "text/csv"),
        ('{"instances": [{"features": [1, 2, 3, 4, 5]}]}', "application/json"),
        ("[1, 2]", "application/json"),
        ('{\n  "a": 1\n}\n', "application/json"),
        ('{"features": [1]}\n{"features": [2]}\n', "application/jsonlines"),
    ],
)
def test_the_content_type_follows_from_the_body(body: str, content_type: str) -> None:
    assert prediction.content_type_of(body) == content_type


def test_broken_json_is_refused_with_an_example() -> None:
    with pytest.raises(OperatorError, match=r"starts like JSON but isn't.*Quote it for the shell"):
        prediction.content_type_of("{instances: 1}")


def test_a_body_comes_from_the_argument_a_file_or_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "body.csv").write_text("1,2")
    monkeypatch.setattr("sys.stdin", io.StringIO("3,4"))

    assert prediction.read_body("5,6") == "5,6"
    assert prediction.read_body(f"@{tmp_path}/body.csv") == "1,2"
    assert prediction.read_body("-") == "3,4"


@pytest.mark.parametrize(
    ("argument", "said"), [("", "nothing to predict"), ("@/nowhere", "/nowhere can't be read")]
)
def test_a_body_that_is_not_there_is_refused(argument: str, said: str) -> None:
    with pytest.raises(OperatorError, match=said):
        prediction.read_body(argument)


@pytest.mark.parametrize(
    ("body", "content_type", "accept"),
    [
        ("1,2,3,4,5", "text/csv", "application/jsonlines"),
        ('{"instances": []}', "application/json", "application/json"),
    ],
)
def test_the_endpoint_is_asked(
    platform: Platform, target: StubbedTarget, body: str, content_type: str, accept: str
) -> None:
    stream = StreamingBody(io.BytesIO(b'{"predicted_label": 7.0}\n'), 25)
    asked = {"EndpointName": ENDPOINT, "ContentType": content_type, "Accept": accept, "Body": body.encode()}
    target.expect("sagemaker-runtime", "invoke_endpoint", {"Body": stream, "ContentType": accept}, asked)

    answer = prediction.predict(platform, platform.workloads[0], body)

    assert answer == prediction.Prediction(accept, '{"predicted_label": 7.0}\n')


def test_an_endpoint_that_is_not_there_is_answered_with_how_to_make_one(
    platform: Platform, target: StubbedTarget
) -> None:
    message = f"Endpoint {ENDPOINT} of account 000000000000 not found."
    target.refuse("sagemaker-runtime", "invoke_endpoint", "ValidationError", message)

    with pytest.raises(OperatorError, match=f"{message} .*train mysfit_recommender --wait"):
        prediction.predict(platform, platform.workloads[0], "1,2")


def test_a_body_that_is_too_long_is_answered_with_the_command_for_files(
    platform: Platform, target: StubbedTarget
) -> None:
    message = (
        "1 validation error detected: Value at 'body' failed to satisfy constraint: "
        "Member must have length less than or equal to 4194304"
    )
    target.refuse("sagemaker-runtime", "invoke_endpoint", "ValidationError", message)

    with pytest.raises(
        OperatorError, match=r"longer than .* `\./manage\.py transform mysfit_recommender FILE`"
    ):
        prediction.predict(platform, platform.workloads[0], "1,2")


def test_a_refusal_by_the_model_is_quoted(platform: Platform, target: StubbedTarget) -> None:
    target.refuse("sagemaker-runtime", "invoke_endpoint", "ModelError", "five features are needed")

    with pytest.raises(
        OperatorError, match=r"refused the body, sent as text/csv, .*five features are needed"
    ):
        prediction.predict(platform, platform.workloads[0], "1,2")
