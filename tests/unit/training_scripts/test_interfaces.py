"""What each inference.py says that it takes and answers is what it does."""

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from library.adult_fields import ENCODER as PERSON
from library.bank_fields import encoder_of
from settings.inference_script import has_inference, load_inference
from settings.loading import PROJECT_ROOT, load_environment, load_workloads
from settings.workload import Workload

WORKLOADS = {
    each.name: each for each in load_workloads(load_environment("dev")) if has_inference(each.folder)
}
CATALOGUE = json.loads(
    (PROJECT_ROOT / "training_scripts" / "mysfit_recommender" / "catalogue.json").read_text()
)
# A serving.json, and what the model answers to one record.
SERVED: dict[str, tuple[dict[str, Any], str]] = {
    "census_income": (PERSON.document(), "0.2"),
    "census_income_tuned": (PERSON.document(), "0.7"),
    "bank_marketing": (encoder_of(keep_economic_columns=False).document(), "0.5"),
    "mysfit_recommender": ({"mysfits": CATALOGUE}, '{"predicted_label": 3.0}'),
    "taxi_anomalies": (
        {"shingling": {"residual": "log_median_residual", "weeks": 8, "shingle": 2}, "cutoff": 1.0},
        '{"score": 1.5}',
    ),
}


def _interface(workload: Workload) -> dict[str, Any]:
    interface: dict[str, Any] = load_inference(workload.folder).interface(workload.preparation.parameters)
    return interface


def _asked(interface: dict[str, Any]) -> Any:
    if "example" in interface["request"]:
        return interface["request"]["example"]
    least = interface["request"]["schema"]["anyOf"][0]["properties"]["values"]["minItems"]
    return {"start": "2015-01-01T00:00:00", "values": [9000] * least}


@pytest.mark.parametrize("name", sorted(WORKLOADS))
def test_a_document_that_fits_the_schema_is_taken_and_its_answer_fits(name: str) -> None:
    # Given a workload's own example
    workload = WORKLOADS[name]
    interface, script = _interface(workload), load_inference(workload.folder)
    document = _asked(interface)
    OAS31Validator(interface["request"]["schema"]).validate(document)
    # When it is asked and answered
    serving, line = SERVED[name]
    assert script.encode(document, serving)
    answer = script.decode(line, document, serving)
    # Then the answer is as described, as the example of one is
    OAS31Validator(interface["answer"]["schema"]).validate(answer)
    if "example" in interface["answer"]:
        OAS31Validator(interface["answer"]["schema"]).validate(interface["answer"]["example"])


@pytest.mark.parametrize("name", sorted(WORKLOADS))
@pytest.mark.parametrize("document", [{}, [], {"nothing": 1}, [None], ["x"], [[]]])
def test_what_the_schema_refuses_is_refused(name: str, document: Any) -> None:
    # Given what no workload takes
    workload = WORKLOADS[name]
    assert not OAS31Validator(_interface(workload)["request"]["schema"]).is_valid(document)
    # Then it is refused with words, not broken
    with pytest.raises(ValueError, match=r"\w"):
        load_inference(workload.folder).encode(document, SERVED[name][0])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("age", -1),
        ("age", 1e999),
        ("age", 10**400),
        ("age", "39"),
        ("age", None),
        ("sex", "male"),
        ("sex", None),
        ("workclass", 3),
        ("income", object),
    ],
)
def test_the_schema_and_the_encoder_agree_on_values(field: str, value: Any) -> None:
    # Given a person of whom one value is wrong, or none if the column isn't used
    record = {**_asked(_interface(WORKLOADS["census_income"])), field: "x" if value is object else value}
    valid = OAS31Validator(PERSON.schema).is_valid(record)
    try:
        PERSON.row(record)
    except ValueError:
        assert not valid
    else:
        assert valid


@pytest.mark.parametrize("value", [None, "?", "Private"])
def test_what_may_be_missing_may_be_null_or_left_out(value: str | None) -> None:
    record = {**_asked(_interface(WORKLOADS["census_income"])), "workclass": value}
    OAS31Validator(PERSON.schema).validate(record)
    PERSON.row(record)
    del record["workclass"]
    OAS31Validator(PERSON.schema).validate(record)
    PERSON.row(record)


@pytest.mark.parametrize(("kept", "needed"), [("true", True), ("false", False)])
def test_the_banks_schema_follows_what_prepare_keeps(kept: str, needed: bool) -> None:
    script = load_inference(WORKLOADS["bank_marketing"].folder)
    interface = script.interface({"keep_economic_columns": kept})
    record = interface["request"]["schema"]["anyOf"][0]
    assert ("euribor3m" in record["required"]) is needed
    OAS31Validator(record).validate(interface["request"]["example"])
