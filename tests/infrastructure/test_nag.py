"""cdk-nag's packs in a real `cdk synth`: nothing is open, and what is accepted is argued, few and in use."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks

from cli.acknowledgements import Acknowledgement, by_decision, of_packs, read
from settings.governance import RulePack
from settings.loading import load_environment, load_workloads
from stacks.constructs import decisions
from stacks.constructs.acknowledgement import Decision
from tests.infrastructure.assembly import Assembly, synthesize

KEY = "aws:cdk:acknowledged-rules"
MOST_IN_PROD = 24
PACKS: dict[RulePack, str] = {
    "hipaa_security": "HIPAA.Security",
    "nist_800_53_r5": "NIST.800.53.R5",
    "serverless": "Serverless",
}
# Where the one resource that a finding is about lies below what it was accepted on.
BELOW = ("", "/Resource", "/Policy/Resource")
DECISIONS = {one.name: one for one in vars(decisions).values() if isinstance(one, Decision)}


class Accepted(NamedTuple):
    """What a construct says that it accepts: the pack, the rule with what it found."""

    construct: str
    pack: str
    rule: str


@pytest.fixture(scope="module", params=["dev", "prod"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(name: str, cdk_output: dict[str, Path]) -> Path:
    return cdk_output[name]


@pytest.fixture(scope="module")
def found(folder: Path) -> list[Acknowledgement]:
    return of_packs(folder)


def _packs(name: str) -> set[str]:
    return {"AwsSolutions", *(PACKS[pack] for pack in load_environment(name).governance.rule_packs)}


def _pack(rule: str) -> str:
    return rule.partition("-")[0]


def _named(one: Acknowledgement) -> str:
    return f"{one.rule}[{one.finding}]" if one.finding else one.rule


def _accepted(folder: Path) -> Iterator[Accepted]:
    for file in folder.glob("*.metadata.json"):
        metadata: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        for construct, entries in metadata.items():
            for entry in entries:
                if entry["type"] == KEY:
                    for rule in entry["data"]:
                        yield Accepted(construct.strip("/"), *rule.split("::", 1))


def test_prod_passes_all_four_packs() -> None:
    assert _packs("prod") == {"AwsSolutions", *PACKS.values()}


def test_nothing_is_reported(folder: Path) -> None:
    # Given the report of a synth with cdk-nag and the CDK's own rules
    report = json.loads((folder / "validation-report.json").read_text(encoding="utf-8"))
    # Then no plugin has a violation
    violations = [v for plugin in report["pluginReports"] for v in plugin.get("violations", ())]
    assert violations == []


def test_each_pack_was_asked(name: str, found: list[Acknowledgement]) -> None:
    # Given that each pack finds something that is accepted, then all of them ran
    assert {_pack(one.rule) for one in found} == _packs(name)


def test_prod_has_few_decisions(cdk_output: dict[str, Path]) -> None:
    assert len(by_decision(read(cdk_output["prod"]))) <= MOST_IN_PROD


def test_each_finding_is_accepted_by_a_decision_that_covers_it(found: list[Acknowledgement]) -> None:
    for one in found:
        decision = DECISIONS[one.decision]
        assert one.reason == decision.reason
        assert one.rule in decision.rules
        assert decision.covers(one.finding), one


def test_a_decision_is_about_one_kind_of_thing(found: list[Acknowledgement]) -> None:
    for name, ones in by_decision(found).items():
        # Given that a policy of a role is a managed one or, with its workload, an inline one
        kinds = {one.kind.removeprefix("Managed") for one in ones}
        assert len(kinds) == 1, (name, kinds)


def test_each_finding_is_accepted_on_its_own_resource(found: list[Acknowledgement]) -> None:
    for one in found:
        # Given where a finding was accepted, then it is the resource, or what stands for it alone
        assert one.resource in [f"{one.accepted_at}{below}" for below in BELOW], one
        # And never a stack or the app
        assert "/" in one.accepted_at, one


def test_nothing_is_accepted_that_is_not_found(name: str, folder: Path, found: list[Acknowledgement]) -> None:
    # Given what constructs accept of the packs that were asked
    accepted = {one for one in _accepted(folder) if one.pack in _packs(name)}
    assert accepted
    # Then each was found there
    used = {Accepted(one.accepted_at, _pack(one.rule), _named(one)) for one in found}
    assert accepted - used == set()


def test_each_reason_is_a_sentence() -> None:
    for decision in DECISIONS.values():
        assert len(decision.reason.split()) >= 12, decision
        assert decision.reason[0].isupper()
        assert decision.reason.endswith("."), decision
    # And is of one decision only
    assert len({decision.reason for decision in DECISIONS.values()}) == len(DECISIONS)


def test_only_dev_goes_without_a_firewall(cdk_output: dict[str, Path]) -> None:
    without = {
        name for name, folder in cdk_output.items() if decisions.NO_FIREWALL.name in by_decision(read(folder))
    }
    assert without == {"dev"}


def test_settings_that_prod_leaves_open_pass_too(concrete: Assembly, tmp_path: Path) -> None:
    # Given a VPC that was there, a region, a notebook instance, a domain
    # When it is synthesized with every pack, then nothing stops it
    synthesize(concrete.environment, concrete.workloads, tmp_path, packs=PACKS)


def test_dev_would_pass_the_packs_that_it_is_spared(dev: Assembly, tmp_path: Path) -> None:
    synthesize(dev.environment, dev.workloads, tmp_path, packs=PACKS)


def test_a_further_workload_needs_no_further_decision(prod: Assembly, tmp_path: Path) -> None:
    # Given prod with some workloads more
    workloads = load_workloads(prod.environment)
    more = [one.model_copy(update={"name": f"further_{one.name.split('_')[0]}"}) for one in workloads[::2]]
    # When it is synthesized with every pack, then nothing stops it
    synthesize(prod.environment, (*workloads, *more), tmp_path, packs=PACKS)


def test_a_finding_does_stop_a_synth(tmp_path: Path) -> None:
    # Given an app with the same rules and a bucket that breaks some
    app = App(outdir=str(tmp_path))
    s3.Bucket(Stack(app, "careless"), "Bucket")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    # When it is synthesized
    # Then the rules are what stops it
    with pytest.raises(RuntimeError, match=r"(?s).*AwsSolutions-S1"):
        app.synth()
