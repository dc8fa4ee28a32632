"""Wrong settings stop app.py before anything is synthesized."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.infrastructure.synthesis import copied_project, run_app


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied_project(tmp_path_factory.mktemp("project"))


def _with_two_faults(project: Path) -> None:
    """Break the environment's file in two places."""
    file = project / "settings" / "dev.yaml"
    text = file.read_text(encoding="utf-8")
    assert "log_retention_days: 14" in text
    assert "approval: automatic" in text
    changed = text.replace("log_retention_days: 14", "log_retention_days: 15")
    file.write_text(changed.replace("approval: automatic", "aproval: automatic"), encoding="utf-8")


def _with_odd_memory(project: Path) -> None:
    """Break a rule of SageMaker's that no linter knows."""
    file = project / "training_scripts" / "mysfit_recommender" / "workload.yaml"
    text = file.read_text(encoding="utf-8")
    assert "memory_mb: 2048" in text
    file.write_text(text.replace("memory_mb: 2048", "memory_mb: 1500"), encoding="utf-8")


def _in_a_region_without_the_algorithm(project: Path) -> None:
    """Choose a region that AWS has and the algorithm hasn't."""
    file = project / "settings" / "dev.yaml"
    text = file.read_text(encoding="utf-8")
    assert "region: null" in text
    file.write_text(text.replace("region: null", "region: ap-southeast-5"), encoding="utf-8")


@pytest.mark.parametrize(
    ("environment", "broken", "told"),
    [
        (
            "dev",
            _with_two_faults,
            [
                "settings/dev.yaml: log_retention_days: 15 is not allowed",
                'settings/dev.yaml: aproval: unknown key "aproval"; did you mean approval?',
            ],
        ),
        (
            "dev",
            _with_odd_memory,
            [
                "training_scripts/mysfit_recommender/workload.yaml: serving.memory_mb: 1500 is not allowed",
                "1024, 2048, 3072, 4096, 5120 or 6144",
            ],
        ),
        (
            "dev",
            _in_a_region_without_the_algorithm,
            ['settings/dev.yaml: region: "ap-southeast-5" is not allowed; the image knn is in', "eu-west-1"],
        ),
        ("staging", lambda _: None, ['unknown environment "staging"', "Known: dev, prod"]),
    ],
    ids=["two faults", "serverless memory", "region without the algorithm", "unknown environment"],
)
def test_wrong_settings_stop_the_synth(
    project: Path, tmp_path: Path, environment: str, broken: Callable[[Path], None], told: list[str]
) -> None:
    # Given a project whose settings are wrong
    untouched = {file: file.read_bytes() for file in project.rglob("*.yaml")}
    broken(project)
    # When its app is run
    done = run_app(project, tmp_path, json.dumps({"env": environment}), offline=False)
    for file, content in untouched.items():
        file.write_bytes(content)
    # Then it ends with 1 and says, without a trace, what is wrong and what would be right
    assert done.returncode == 1
    assert "nothing was synthesized" in done.stderr
    assert "Traceback" not in done.stderr
    for text in told:
        assert text in done.stderr
    # And there is no template
    assert not list(tmp_path.glob("*.template.json"))
