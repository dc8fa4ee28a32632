"""cdk-nag's AwsSolutions rules in a real `cdk synth`: nothing is reported, and what is accepted is argued."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks

KEY = "aws:cdk:acknowledged-rules"
# What the CDK accepts of its own constructs against its own rules about templates.
OF_THE_CDK = "CloudFormation-Validate::"


class Accepted(NamedTuple):
    """A finding that was accepted at a construct, with the reason."""

    construct: str
    finding: str
    reason: str


@pytest.fixture(scope="module", params=["dev", "prod"])
def folder(request: pytest.FixtureRequest, cdk_output: dict[str, Path]) -> Path:
    return cdk_output[request.param]


def _accepted(folder: Path) -> Iterator[Accepted]:
    for file in folder.glob("*.metadata.json"):
        metadata: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        for construct, entries in metadata.items():
            for entry in entries:
                if entry["type"] == KEY:
                    for finding, reason in entry["data"].items():
                        if OF_THE_CDK not in finding:
                            yield Accepted(construct, finding, reason)


def test_nothing_is_reported(folder: Path) -> None:
    # Given the report of a synth with cdk-nag and the CDK's own rules
    report = json.loads((folder / "validation-report.json").read_text(encoding="utf-8"))
    # Then no plugin has a violation
    violations = [v for plugin in report["pluginReports"] for v in plugin.get("violations", ())]
    assert violations == []


def test_each_acceptance_is_of_one_finding_at_one_construct_for_a_reason(folder: Path) -> None:
    # Given what was accepted
    accepted = list(_accepted(folder))
    assert accepted
    for one in accepted:
        # Then it is at a construct inside a stack, not at a stack or the app
        assert one.construct.strip("/").count("/") >= 1, one
        # And of one rule; where a rule has many findings, of one finding
        finding = one.finding.removeprefix("Annotation::")
        if finding.startswith("AwsSolutions-IAM"):
            assert finding.endswith("]"), one
        # And says why, in more than a word
        assert len(one.reason.split()) >= 4, one


def test_only_these_rules_are_ever_accepted(folder: Path) -> None:
    # Given the rules with accepted findings
    rules = {one.finding.removeprefix("Annotation::").split("[")[0] for one in _accepted(folder)}
    # Then a further one is a decision that this list tells
    assert rules - {"@aws-cdk/aws-events:ruleUnresolvedEnvironment"} <= {
        "AwsSolutions-APIG3",  # no firewall before dev's API
        "AwsSolutions-APIG4",  # the quiz is public
        "AwsSolutions-APIG6",  # no execution logs, which would hold answers
        "AwsSolutions-CFR1",  # the page is for every country
        "AwsSolutions-CFR2",  # a web ACL for CloudFront only exists in us-east-1
        "AwsSolutions-CFR4",  # CloudFront's own certificate, where no domain is set
        "AwsSolutions-COG4",  # the quiz is public
        "AwsSolutions-IAM4",  # the policy that API Gateway insists on
        "AwsSolutions-IAM5",  # patterns of names that are made at run time
        "AwsSolutions-L1",  # the CDK's own function
        "AwsSolutions-S1",  # the access logs' own bucket
        "AwsSolutions-SF2",  # the CDK's own state machine
    }


def test_only_dev_goes_without_a_firewall(cdk_output: dict[str, Path]) -> None:
    without = {
        name
        for name, folder in cdk_output.items()
        if any("APIG3" in one.finding for one in _accepted(folder))
    }
    assert without == {"dev"}


def test_a_finding_does_stop_a_synth(tmp_path: Path) -> None:
    # Given an app with the same rules and a bucket that breaks some
    app = App(outdir=str(tmp_path))
    s3.Bucket(Stack(app, "careless"), "Bucket")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    # When it is synthesized
    # Then the rules are what stops it
    with pytest.raises(RuntimeError, match=r"(?s).*AwsSolutions-S1"):
        app.synth()
