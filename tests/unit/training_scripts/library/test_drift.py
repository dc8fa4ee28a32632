"""Data drift: distances of features, and the job that compares captured requests with a test set."""

from __future__ import annotations

import base64
import json
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp

from library.drift import __main__ as job
from library.drift.comparison import Limits, compare, in_words
from library.drift.distance import by_chance, distance
from library.drift.records import Captured, read_baseline, read_captured
from library.result_files import InvalidResultsError
from tests.unit.training_scripts import scripts

COLUMNS = ("age", "hours")


@pytest.fixture
def numbers() -> np.random.Generator:
    return np.random.default_rng(1)


def test_distance_is_the_kolmogorov_smirnov_statistic(numbers: np.random.Generator) -> None:
    # Given samples of two distributions, with ties
    first, second = numbers.normal(size=500).round(1), numbers.normal(0.5, 2, size=300).round(1)
    # Then the distance is what SciPy computes
    assert distance(first, second) == pytest.approx(ks_2samp(first, second).statistic)


@pytest.mark.parametrize(
    ("captured", "expected"),
    [
        ([1.0, 2.0, 3.0, 4.0], 0.0),
        ([11.0, 12.0], 1.0),
        ([1.0, 2.0, nan, nan], 0.5),  # as many are missing as the present ones are apart
        ([nan, nan], 1.0),
    ],
)
def test_distance_is_from_alike_to_apart(captured: list[float], expected: float) -> None:
    assert distance(np.array([1.0, 2.0, 3.0, 4.0]), np.array(captured)) == pytest.approx(expected)


def test_samples_of_one_distribution_are_seldom_apart_by_more_than_chance(
    numbers: np.random.Generator,
) -> None:
    # Given many comparisons of samples of one distribution
    bound = by_chance(1000, 150, 1)
    distances = [distance(numbers.normal(size=1000), numbers.normal(size=150)) for _ in range(300)]
    # Then none is further away than chance explains, though some come near
    assert 0.6 * bound < max(distances) < bound
    # And more features make a larger one likely
    assert by_chance(1000, 150, 50) > bound


def _found(shift: float, records: int, *, minimum: int = 50) -> dict[str, Any]:
    numbers = np.random.default_rng(1)
    baseline = numbers.normal(size=(2000, 2))
    captured = numbers.normal((shift, 0), size=(records, 2))
    return compare(COLUMNS, baseline, Captured(captured, unreadable=0), Limits(0.2, minimum))


def test_a_shifted_feature_has_drifted_and_the_other_has_not() -> None:
    # When one feature's values are larger than the model's were
    found = _found(1.5, 400)
    # Then it alone has drifted, and comes first
    assert found["drifted"] == ["age"]
    assert [feature["name"] for feature in found["features"]] == ["age", "hours"]
    assert found["features"][0]["captured"]["mean"] == pytest.approx(1.5, abs=0.2)
    assert "1 feature has drifted; age is the furthest" in in_words(found)


@pytest.mark.parametrize(
    ("shift", "records", "said"),
    [
        (0.0, 400, "400 records: no drift"),
        (1.5, 40, "40 records: fewer than 50 tell nothing"),
        (0.0, 0, "0 records: fewer than 50 tell nothing"),
    ],
)
def test_what_is_alike_or_too_few_has_not_drifted(shift: float, records: int, said: str) -> None:
    found = _found(shift, records)
    assert found["drifted"] == []
    assert said in in_words(found)


def test_few_records_must_be_further_apart_than_chance_explains() -> None:
    # Given ten records, which chance alone puts further away than the limit
    found = _found(0.5, 10, minimum=1)
    # Then that is told, and is no drift
    assert found["features"][0]["distance"] > found["largest_distance"]
    assert found["distance_by_chance"] > found["features"][0]["distance"]
    assert found["drifted"] == []


def _event(data: str, encoding: str = "CSV") -> str:
    captured = {"observedContentType": "text/csv", "mode": "INPUT", "data": data, "encoding": encoding}
    return json.dumps({"captureData": {"endpointInput": captured}, "eventVersion": "0"}) + "\n"


def test_captured_requests_are_read_line_by_line(tmp_path: Path) -> None:
    # Given files of two hours: requests of one and of several records, plain and in base64, with a gap
    for hour, events in (
        ("09", _event("1,2") + _event("3,4\n5,\n")),
        ("10", _event(base64.b64encode(b"7,8").decode(), "BASE64")),
    ):
        (tmp_path / hour).mkdir()
        (tmp_path / hour / "00-00-000-a.jsonl").write_text(events)
    # When they are read, then an empty cell is missing
    captured = read_captured(tmp_path, 2)
    np.testing.assert_array_equal(captured.values, [[1, 2], [3, 4], [5, nan], [7, 8]])
    assert captured.unreadable == 0


@pytest.mark.parametrize(
    "event",
    [_event("1,2,3"), _event("one,2"), _event("\u00ff", "BASE64"), '{"captureData": {}}\n', "no JSON\n"],
)
def test_what_cannot_be_read_is_counted(tmp_path: Path, event: str) -> None:
    (tmp_path / "a.jsonl").write_text(_event("1,2") + event)
    captured = read_captured(tmp_path, 2)
    assert (len(captured.values), captured.unreadable) == (1, 1)


def test_of_a_large_test_set_a_share_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("library.drift.records.MOST_BASELINE_RECORDS", 10)
    (tmp_path / "test.csv").write_text("".join(f"0,{n},1\n" for n in range(25)))
    assert [row[0] for row in read_baseline(tmp_path, 2)] == list(range(0, 25, 3))


@pytest.mark.parametrize(
    ("text", "said"), [("0,1,2\n0,1\n", "line 2 is no row of 2 numbers"), ("", "no records")]
)
def test_a_test_set_that_does_not_fit_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "test.csv").write_text(text)
    with pytest.raises(InvalidResultsError, match=said):
        read_baseline(tmp_path, 2)


def test_the_job_writes_what_it_found(tmp_path: Path, numbers: np.random.Generator) -> None:
    # Given a test set, its encoder, and captured requests whose first feature has another range
    test = "".join(f"1,{a:.3f},{b:.3f}\n" for a, b in numbers.normal(size=(500, 2)))
    requests = "".join(_event(f"{a + 3:.3f},{b:.3f}") for a, b in numbers.normal(size=(100, 2)))
    for name, content in (
        ("test/test.csv", test),
        ("encoder/encoder.json", json.dumps({"columns": ["label", *COLUMNS]})),
        ("captured/00-00-000-a.jsonl", requests),
    ):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(content)
    folders = [f"--{name}={tmp_path / name}" for name in ("captured", "test", "encoder", "output")]
    # When the job runs
    limits = ["--largest-distance=0.2", "--minimum-records=50"]
    done = scripts.run("library/drift/__main__.py", *folders, *limits)
    # Then it succeeds, says what it found, and leaves the figures
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("100 records: 1 feature has drifted; age is the furthest")
    found = json.loads((tmp_path / "output" / job.RESULT).read_text())
    assert (found["records"], found["drifted"]) == (100, ["age"])
    # And a test set that is gone is named
    (tmp_path / "test" / "test.csv").unlink()
    failed = scripts.run("library/drift/__main__.py", *folders, *limits)
    assert failed.returncode == 1
    assert "test.csv is missing" in failed.stderr
