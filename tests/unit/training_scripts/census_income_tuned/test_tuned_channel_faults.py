from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from library.boosting import channel
from library.faults import InvalidDataError
from tests.unit.training_scripts.census_income_tuned.tuned_training import Training, generated


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "part-1.csv").write_text("1,2.5,-3\r\n")
    (tmp_path / "part-0.csv").write_text("0,1,2\n1,1e3,nan")

    labels, features = channel.read(tmp_path)

    assert labels.tolist() == [0, 1, 1]
    assert features.tolist()[::2] == [[1, 2], [2.5, -3]]
    assert np.isnan(features[1, 1])


def test_an_empty_cell_is_a_missing_value(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("0,1,\n1,,2\n")

    np.testing.assert_array_equal(channel.read(tmp_path).features, [[1, np.nan], [np.nan, 2]])


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "train.csv is empty"),
        (b"0,1,2\n1,2\n", "train.csv, line 2: 2 columns, there must be 3"),
        (b"0,1,2\n\n1,2,3\n1,2,x\n", "train.csv, line 2: 1 column, there must be 3"),
        (b"\n1,2,3\n", "train.csv, line 1: 1 column, there must be 2 or more: a label and features"),
        (b"0\n1\n", "train.csv, line 1: 1 column, there must be 2 or more: a label and features"),
        (b"0,1,2\nnan,1,2\n", "train.csv, line 2, column 1: 'nan' is not a label, which is 0 or 1"),
        (b"0,1,2\n,1,2\n", "train.csv, line 2, column 1: '' is not a label, which is 0 or 1"),
        (b"0,1,2\n2,1,2\n", "train.csv, line 2, column 1: '2' is not a label, which is 0 or 1"),
        (b"label,a,b\n0,1,2\n", "train.csv, line 1, column 1: 'label' is not a label"),
        (b"0,1,inf\n", "train.csv, line 1, column 3: 'inf' is not a finite number"),
        (b"0,1,1e39\n", "train.csv, line 1, column 3: '1e39' is not a finite number"),
        (b"0,1,many\n", "train.csv, line 1, column 3: 'many' is not a finite number"),
        (b"0,1,2\n1,caf\xe9,2\n", "train.csv, line 2, byte 6: 0xE9 is not UTF-8"),
    ],
)
def test_a_fault_is_placed(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "train.csv").write_bytes(content)

    with pytest.raises(InvalidDataError) as caught:
        channel.read(tmp_path)

    assert text in str(caught.value)


def test_part_files_of_other_width_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("0,1,2\n")
    (tmp_path / "b.csv").write_text("0,1\n")

    with pytest.raises(InvalidDataError, match=r"^b\.csv, line 1: 2 columns, there must be 3 as in a\.csv$"):
        channel.read(tmp_path)


def test_a_channel_without_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="holds no file"):
        channel.read(tmp_path)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["1,2,3"], "label 0 is on 0 of 1 rows, nfold 3 needs each label on 3 rows or more"),
        (["0,2,3"] * 9, "label 1 is on 0 of 9 rows, nfold 3 needs each label on 3 rows or more"),
        (["0,2,3"] * 9 + ["1,2,3"] * 2, "label 1 is on 2 of 11 rows"),
        ([*generated(50), "x"], "train.csv, line 51: 1 column, there must be 7"),
    ],
)
def test_the_job_ends_with_one_line(tmp_path: Path, lines: list[str], text: str) -> None:
    training = Training(tmp_path / "job")
    training.write("train.csv", lines)

    done = training.run()

    assert done.returncode == 1
    assert text in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list((training.folder / "model").iterdir())


def test_a_wrong_hyperparameter_ends_the_job_with_one_line(tmp_path: Path) -> None:
    training = Training(tmp_path / "job")

    done = training.run({"max_depth": 0})

    assert (done.returncode, done.stderr) == (
        1,
        "hyperparameter max_depth: '0' is not a whole number from 1 to 30\n",
    )


def test_constant_features_give_a_model_that_knows_nothing(tmp_path: Path) -> None:
    training = Training(tmp_path / "job")
    training.write("train.csv", ["0,1,1"] * 20 + ["1,1,1"] * 10)

    done = training.run()

    assert done.returncode == 0, done.stderr
    assert "validation-auc:0.5\n" in done.stdout
