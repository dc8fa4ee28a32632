from __future__ import annotations

import json
from pathlib import Path

import pytest

from library.boosting.hosts import PORTS, Hosts
from tests.unit.training_scripts.census_income_tuned.tuned_training import (
    SECONDS,
    Training,
    generated,
    objective,
    start_on_hosts,
)

HOSTS = ["127.0.0.1", "algo-2"]  # the first is looked up; here no name is
ROWS = 4000


def test_hosts_are_those_of_the_environment() -> None:
    environment = {
        "SM_HOSTS": json.dumps(["algo-2", "algo-1"]),
        "SM_CURRENT_HOST": "algo-2",
        "TRAINING_JOB_NAME": "a-job",
    }

    second = Hosts.from_environment(environment)
    first = Hosts.from_environment({**environment, "SM_CURRENT_HOST": "algo-1"})
    other_job = Hosts.from_environment({**environment, "TRAINING_JOB_NAME": "b-job"})

    assert (first.place, first.is_first, second.place, second.is_first) == (0, True, 1, False)
    assert first.tracker_port == second.tracker_port != other_job.tracker_port
    assert first.tracker_port in PORTS


def test_without_an_environment_there_is_one_host() -> None:
    alone = Hosts.from_environment({})

    with alone.together():
        assert alone.gathered("value") == ["value"]
    assert alone.is_first


def test_a_host_that_is_none_of_the_job_is_refused() -> None:
    with pytest.raises(ValueError, match="SM_CURRENT_HOST 'algo-9' is not one of SM_HOSTS algo-1, algo-2"):
        Hosts.from_environment({"SM_HOSTS": '["algo-1", "algo-2"]', "SM_CURRENT_HOST": "algo-9"})


def test_two_hosts_train_one_model_as_good_as_that_of_one(tmp_path: Path) -> None:
    lines = generated(ROWS, seed=3)
    alone = Training(tmp_path / "alone")
    alone.write("all.csv", lines)
    single = float(objective(alone.run().stdout))

    processes = start_on_hosts(tmp_path, lines, HOSTS)
    logs = [process.communicate(timeout=SECONDS) for process in processes]

    assert [process.returncode for process in processes] == [0, 0], logs
    assert objective(logs[0][0]) == objective(logs[1][0])
    assert abs(float(objective(logs[0][0])) - single) < 0.002
    first, second = (tmp_path / f"host-{place}" for place in range(2))
    assert (first / "model" / "xgboost-model").is_file()
    assert not list((second / "model").iterdir())
    kept = [(host / "data" / "out_of_fold.csv").read_text().splitlines() for host in (first, second)]
    assert [len(table) for table in kept] == [ROWS // 2 + 1] * 2


def test_a_fault_on_one_host_ends_all(tmp_path: Path) -> None:
    lines = generated(60)
    lines[1] = "0,oops"  # the second host's first

    processes = start_on_hosts(tmp_path, lines, HOSTS)
    errors = [process.communicate(timeout=SECONDS)[1] for process in processes]

    assert [process.returncode for process in processes] == [1, 1]
    for error in errors:
        assert "part.csv, line 1, column 2: 'oops' is not a finite number" in error
