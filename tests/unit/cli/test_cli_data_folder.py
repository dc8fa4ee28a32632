"""Which workloads are trained on the operator's own data, and what is said of the folder."""

from pathlib import Path

import pytest

from cli.errors import OperatorError
from cli.local import data_folder
from settings.environment import Environment
from settings.loading import load_workloads
from settings.workload import Workload

MYSFITS, CENSUS, TUNED, TAXI = (
    "mysfit_recommender",
    "census_income",
    "census_income_tuned",
    "taxi_anomalies",
)


@pytest.fixture(scope="module")
def workloads(environment: Environment) -> tuple[Workload, ...]:
    """The settings of all workloads, in the environment dev."""
    return load_workloads(environment)


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_text("1\n")
    return folder


def test_without_a_folder_every_workload_has_its_sample(workloads: tuple[Workload, ...]) -> None:
    chosen = data_folder.choose(None, workloads)

    assert {(data.name, data.folder) for data in chosen.values()} == {("sample", None)}
    assert set(chosen) == {workload.name for workload in workloads}


def test_workloads_whose_files_are_not_in_the_folder_have_their_sample(
    workloads: tuple[Workload, ...], tmp_path: Path
) -> None:
    chosen = data_folder.choose(put(tmp_path, "answers.csv"), workloads)

    assert (chosen[MYSFITS].name, chosen[MYSFITS].folder) == (tmp_path.name, tmp_path)
    assert chosen[TAXI].name == "sample"


def test_a_part_of_a_workloads_files_is_refused(workloads: tuple[Workload, ...], tmp_path: Path) -> None:
    with pytest.raises(OperatorError) as raised:
        data_folder.choose(put(tmp_path, "answers.csv", "adult.data"), workloads)

    assert f"{CENSUS} needs adult.test beside adult.data; {TUNED} needs adult.test" in str(raised.value)


def test_a_folder_without_any_workloads_files_is_refused(
    workloads: tuple[Workload, ...], tmp_path: Path
) -> None:
    with pytest.raises(
        OperatorError, match=r"holds nothing, .* What they need: .*mysfit_recommender: answers\.csv"
    ):
        data_folder.choose(tmp_path, workloads)

    with pytest.raises(OperatorError, match="There is no folder"):
        data_folder.choose(tmp_path / "nowhere", workloads)


def test_files_that_no_workload_reads_are_told(
    workloads: tuple[Workload, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data_folder.choose(put(tmp_path, "answers.csv", "Adult.data", ".DS_Store"), workloads)

    told = capsys.readouterr().err
    assert "holds files that no workload reads: Adult.data; not there: adult.data, adult.test, " in told
    assert ".DS_Store" not in told


def test_a_file_that_is_not_the_published_one_is_told(
    workloads: tuple[Workload, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = data_folder.choose(put(tmp_path, "adult.data", "adult.test"), workloads)

    assert chosen[CENSUS].name == f"{tmp_path.name}, not as published"
    assert chosen[TUNED].name == chosen[CENSUS].name
    assert capsys.readouterr().err.count("adult.data isn't the file published at https://") == 1
