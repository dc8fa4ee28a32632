"""checkov finds nothing in any template but what a decision accepts on that resource, and all of that."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from settings.loading import PROJECT_ROOT
from stacks.constructs import decisions
from stacks.constructs.acknowledgement import Decision
from tests.infrastructure.assembly import Assembly
from tests.infrastructure.synthesis import process_environment

CHECKOV = PROJECT_ROOT / ".venvs" / "checkov" / "bin" / "checkov"
CARELESS = "careless/website.template.json"
DECISIONS = {one.name: one for one in vars(decisions).values() if isinstance(one, Decision)}


class Found(NamedTuple):
    """A rule at a resource of a template, which is named by its file below the folder."""

    template: str
    resource: str
    rule: str


class Skip(NamedTuple):
    """What a template tells checkov to skip."""

    found: Found
    comment: str


def _checked(folder: Path) -> dict[str, Any]:
    """Checkov's report about a folder's templates, without a network."""
    assert CHECKOV.is_file(), "checkov isn't installed: make test-infrastructure does that"
    command = [str(CHECKOV), "--directory", str(folder), "--framework", "cloudformation"]
    done = subprocess.run(
        [*command, "--skip-download", "--quiet", "--compact", "--output", "json"],
        env=process_environment(PYTHONDONTWRITEBYTECODE=""),  # it has thousands of modules
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == bool(report["summary"]["failed"]), done.stderr
    assert report["summary"]["parsing_errors"] == 0
    return report


def _found(report: dict[str, Any]) -> set[Found]:
    return {
        Found(one["file_path"].strip("/"), one["resource"].rpartition(".")[2], one["check_id"])
        for one in report["results"]["failed_checks"]
    }


def _without_skips(name: str, assembly: Assembly, folder: Path) -> Iterator[Skip]:
    """Write the templates with nothing in them that checkov would skip; what that was."""
    (folder / name).mkdir()
    for stack in assembly.stacks:
        template = json.loads(json.dumps(assembly.template(stack)))
        file = f"{name}/{stack}.template.json"
        for logical_id, resource in template["Resources"].items():
            for skip in resource.get("Metadata", {}).pop("checkov", {}).get("skip", ()):
                yield Skip(Found(file, logical_id, skip["id"]), skip["comment"])
        (folder / file).write_text(json.dumps(template), encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkov")


@pytest.fixture(scope="module")
def skips(dev: Assembly, prod: Assembly, concrete: Assembly, folder: Path) -> list[Skip]:
    assemblies = {"dev": dev, "prod": prod, "concrete": concrete}
    return [skip for name, one in assemblies.items() for skip in _without_skips(name, one, folder)]


@pytest.fixture(scope="module")
def report(skips: list[Skip], prod: Assembly, folder: Path) -> dict[str, Any]:
    """What checkov says of all templates, and of one as it is deployed but for a bucket without any care.

    In one go: it takes seconds to start.
    """
    # Written by then
    assert skips
    template = json.loads(json.dumps(prod.template("website")))
    template["Resources"]["Careless"] = {"Type": "AWS::S3::Bucket"}
    (folder / CARELESS).parent.mkdir()
    (folder / CARELESS).write_text(json.dumps(template), encoding="utf-8")
    return _checked(folder)


@pytest.fixture(scope="module")
def found(report: dict[str, Any]) -> set[Found]:
    return {one for one in _found(report) if one.template != CARELESS}


def test_nothing_is_found_that_is_not_accepted(found: set[Found], skips: list[Skip]) -> None:
    assert found - {skip.found for skip in skips} == set()


def test_nothing_is_accepted_that_is_not_found(found: set[Found], skips: list[Skip]) -> None:
    assert {skip.found for skip in skips} - found == set()


def test_each_finding_is_accepted_once_by_a_decision_that_names_its_rule(skips: list[Skip]) -> None:
    # Given each skip, then it gives a decision's reason
    for skip in skips:
        name, _, reason = skip.comment.partition(": ")
        assert reason == DECISIONS[name].reason
        assert skip.found.rule in DECISIONS[name].checkov
    # And there are no two of the same
    assert len({skip.found for skip in skips}) == len(skips)


def test_what_is_accepted_on_one_resource_is_found_on_another(report: dict[str, Any]) -> None:
    # Given the one template that tells what to skip, then checkov skips it
    assert report["summary"]["skipped"] > 0
    # And finds the bucket in it, also of a rule that is skipped on another
    careless = {one for one in _found(report) if one.template == CARELESS}
    assert {one.resource for one in careless} == {"Careless"}
    assert "CKV_AWS_18" in {one.rule for one in careless}
