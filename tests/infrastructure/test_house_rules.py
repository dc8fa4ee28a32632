"""The rules of our own in synth: each is broken by a template, and both environments keep them all."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import jsii
import pytest
from aws_cdk import (
    App,
    CloudFormationValidatePlugin,
    IPolicyValidationContext,
    PolicyValidationStack,
)

from settings.environment import Environment
from settings.instance_types import _FAMILIES_WITH_LOCAL_STORAGE, known
from settings.loading import load_environment
from stacks.house_rules import RULES, engine, rule_files
from tests.infrastructure.guarded_templates import BROKEN, kept
from tests.infrastructure.synthesis import cdk_synth, copied_project

SMALL_PLATFORM = """
from aws_cdk import CfnWaitConditionHandle, Stack

class Platform:
    def __init__(self, app, *settings):
        CfnWaitConditionHandle(Stack(app, "small"), "Handle")
"""


@jsii.implements(IPolicyValidationContext)
class _Templates:
    """Templates for the engine, as a synth hands them over."""

    def __init__(self, folder: Path) -> None:
        self._files = [str(file) for file in sorted(folder.glob("*.json"))]

    @property
    def app_construct(self) -> App:
        return App()

    @property
    def account_id(self) -> None:
        return None

    @property
    def region(self) -> None:
        return None

    @property
    def template_paths(self) -> list[str]:
        return self._files

    @property
    def stack_templates(self) -> list[PolicyValidationStack]:
        return [
            PolicyValidationStack(stack_construct_path="stack", template_path=file) for file in self._files
        ]


def _changed(path: str, value: Any) -> dict[str, Any]:
    resources: Any = json.loads(json.dumps(kept()))  # which makes a copy of what stands in several places
    place: Any = resources
    *way, last = path.split(".")
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    key: Any = int(last) if isinstance(place, list) else last
    if value is None:
        del place[key]
    else:
        place[key] = value
    return {"Resources": resources}


def _reported(plugin: CloudFormationValidatePlugin, folder: Path) -> dict[str, set[str]]:
    """The rules, house rules and others, that each template broke."""
    found: dict[str, set[str]] = defaultdict(set)
    for violation in plugin.validate(_Templates(folder)).violations:
        for resource in violation.violating_resources:
            found[Path(str(resource.template_path)).stem].add(violation.rule_name)
    return found


def _house_rules(files: list[Path]) -> set[str]:
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    return set(re.findall(r"^rule ([A-Z_]+)", text, re.MULTILINE))


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What the engine says of every template, in one go: it takes seconds to start."""
    folder = tmp_path_factory.mktemp("templates")
    (folder / "kept.json").write_text(json.dumps({"Resources": kept()}), encoding="utf-8")
    for number, (_, path, value) in enumerate(BROKEN):
        (folder / f"{number}.json").write_text(json.dumps(_changed(path, value)), encoding="utf-8")
    return _reported(engine(rule_files(load_environment("prod"))), folder)


def test_a_template_may_keep_all_rules(reported: dict[str, set[str]]) -> None:
    # Given a template with everything that the rules look at
    # Then it breaks none of them
    assert reported["kept"] & _house_rules(rule_files(load_environment("prod"))) == set()


@pytest.mark.parametrize("number", range(len(BROKEN)), ids=[f"{rule}: {path}" for rule, path, _ in BROKEN])
def test_a_change_breaks_its_rule(number: int, reported: dict[str, set[str]]) -> None:
    # Given the same template with one thing changed, then the report names the rule
    assert BROKEN[number][0] in reported[str(number)]


def test_every_rule_is_broken_by_some_template() -> None:
    assert {rule for rule, *_ in BROKEN} == _house_rules(list(RULES.glob("**/*.guard")))


def test_the_default_rules_of_the_cdk_are_evaluated_too(reported: dict[str, set[str]]) -> None:
    # Given a template that lacks properties that CloudFormation requires, which no house rule asks for
    # Then the CDK's own rules say so
    assert reported["kept"] - _house_rules(list(RULES.glob("**/*.guard")))


def test_rules_of_a_setting_are_asked_where_it_is_set() -> None:
    # Given the two environments, then only the strict one has the strict one's rules
    def names(environment: Environment) -> set[str]:
        return {file.parent.name for file in rule_files(environment)}

    assert names(load_environment("dev")) == {"rules"}
    assert names(load_environment("prod")) == {"rules", "vpc_only", "manual_approval", "retained"}


def test_the_rule_knows_the_families_with_disks_that_the_settings_refuse() -> None:
    # Given the rule's pattern, and every instance type that SageMaker takes
    text = (RULES / "instance_disks.guard").read_text(encoding="utf-8")
    [pattern] = re.findall(r"let with_disks = /(.+)/", text)
    types = {name for use in ("training", "processing", "transform", "hosting") for name in known(use)}
    # Then it matches the types of those families, and no other
    for name in types:
        assert bool(re.match(pattern, name)) is (name.split(".")[1] in _FAMILIES_WITH_LOCAL_STORAGE), name


def test_a_synth_asks_the_rules(tmp_path: Path) -> None:
    # Given a project with one small stack, and a rule that no template keeps
    project = copied_project(tmp_path / "project")
    (project / "stacks" / "platform.py").write_text(SMALL_PLATFORM)
    rule = "rule NEVER_KEPT { Resources.*.Type == 'Nothing' <<nobody keeps it>> }\n"
    (project / "stacks" / "rules" / "never.guard").write_text(rule)
    # When it is synthesized
    done = cdk_synth("dev", tmp_path / "cdk.out", project)
    # Then that fails, and says by which rule
    assert done.returncode != 0
    assert "nobody keeps it" in done.stdout + done.stderr
