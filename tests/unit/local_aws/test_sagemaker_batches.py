"""How batch transform takes input apart and puts answers together."""

import json
from typing import Any

import pytest

from local_aws.sagemaker.jobs.batches import BatchError, TransformFormat
from local_aws.sagemaker.jobs.json_paths import JsonPath, JsonPathError


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ("$", {"a": [1, 2, 3], "b": {"c": "d"}}),
        ("$.a", [1, 2, 3]),
        ("$['b'].c", "d"),
        ("$.a[0]", 1),
        ("$.a[-1]", 3),
        ("$.a[0,2]", [1, 3]),
        ("$.a[1:]", [2, 3]),
        ("$.a[:2]", [1, 2]),
    ],
)
def test_paths_select_parts(expression: str, selected: Any) -> None:
    assert JsonPath(expression).select({"a": [1, 2, 3], "b": {"c": "d"}}) == selected


@pytest.mark.parametrize("expression", ["a", "$..a", "$.a[*]", "$[?(@.a)]"])
def test_other_paths_are_refused(expression: str) -> None:
    with pytest.raises(JsonPathError):
        JsonPath(expression)


def test_a_path_must_match() -> None:
    with pytest.raises(JsonPathError, match="does not match a record"):
        JsonPath("$.x").select({"a": 1})


def job(**changes: Any) -> TransformFormat:
    source = {"ContentType": "text/csv", "SplitType": "Line", **changes.pop("source", {})}
    target = {"Accept": "application/jsonlines", "AssembleWith": "Line", **changes.pop("target", {})}
    return TransformFormat({"TransformInput": source, "TransformOutput": target, **changes})


def payloads(layout: TransformFormat, content: bytes) -> list[bytes]:
    return [batch.payload for batch in layout.batches(content)]


def test_lines_are_gathered_up_to_the_payload_limit() -> None:
    # Given
    line = b"1," + b"2" * 400_000

    # Then
    gathered = payloads(job(MaxPayloadInMB=1), b"\n".join([line] * 5))
    assert [payload.count(b"\n") + 1 for payload in gathered] == [2, 2, 1]


def test_single_records_and_whole_objects() -> None:
    assert payloads(job(BatchStrategy="SingleRecord"), b"1\n2\r\n\n3\n") == [b"1", b"2", b"3"]
    assert payloads(job(source={"SplitType": "None"}), b"1\n2\n") == [b"1\n2\n"]


def test_a_record_beyond_the_limit() -> None:
    with pytest.raises(BatchError, match="exceeds MaxPayloadInMB"):
        payloads(job(MaxPayloadInMB=1), b"1" * (1024 * 1024 + 1))


def test_input_filters() -> None:
    assert payloads(job(DataProcessing={"InputFilter": "$[1:]"}), b'7,"a,b",2') == [b'"a,b",2']
    lines = job(source={"ContentType": "application/jsonlines"}, DataProcessing={"InputFilter": "$.x"})
    assert payloads(lines, b'{"x":{"y":1}}') == [b'{"y": 1}']


def assembled(layout: TransformFormat, content: bytes, answer: bytes) -> bytes:
    return layout.assembled((batch, answer) for batch in layout.batches(content))


def test_answers_are_assembled_by_line_or_as_they_are() -> None:
    assert assembled(job(), b"1\n2", b"a\nb") == b"a\nb\n"
    assert assembled(job(), b"1\n2", b"a\nb\n") == b"a\nb\n"
    assert assembled(job(target={"AssembleWith": "None"}), b"1\n2", b"a\nb") == b"a\nb"


def test_joined_csv_has_the_prediction_as_its_last_column() -> None:
    layout = job(
        target={"Accept": "text/csv"}, DataProcessing={"JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    )
    assert assembled(layout, b"7,1,2\n8,3,4", b"0.5\n0.6\n") == b"7,0.5\n8,0.6\n"


def test_joined_json_has_the_prediction_as_a_member() -> None:
    layout = job(source={"ContentType": "application/jsonlines"}, DataProcessing={"JoinSource": "Input"})
    line = assembled(layout, b'{"id":1}', b'{"predicted_label":2.0}')
    assert json.loads(line) == {"id": 1, "SageMakerOutput": {"predicted_label": 2.0}}


def test_filtered_json_answers() -> None:
    layout = job(DataProcessing={"OutputFilter": "$.predicted_label"})
    assert assembled(layout, b"1", b'{"predicted_label":2.0,"labels":[]}') == b"2.0\n"


def test_a_join_needs_a_line_for_each_record() -> None:
    layout = job(target={"Accept": "text/csv"}, DataProcessing={"JoinSource": "Input"})
    with pytest.raises(BatchError, match="answered 1 records to a request of 2"):
        assembled(layout, b"1\n2", b"0.5")
