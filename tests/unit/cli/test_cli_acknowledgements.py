"""What a synth's report says was accepted, by decision."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli import acknowledgements
from cli.errors import OperatorError

WILDCARD = "AwsSolutions-IAM5[Resource::<Data.Arn>/raw/*]"
NO_RESOURCE = "AwsSolutions-IAM5[Resource::*]"
BELOW_A_PREFIX = "below-a-prefix: Keys hold the run's id."


def violation(rule: str, reason: str, resource: str) -> dict[str, Any]:
    kind = "aws-cdk-lib.aws_iam.CfnManagedPolicy"
    return {
        "ruleName": rule,
        "reason": reason,
        "acknowledgedAt": resource.removesuffix("/Resource"),
        "violatingConstructs": [{"constructPath": resource, "constructFqn": kind}],
    }


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    reports = [
        {
            "pluginName": "AwsSolutions",
            "suppressedViolations": [
                violation(WILDCARD, BELOW_A_PREFIX, "ml-dev/Role/Policy/Resource"),
                violation(NO_RESOURCE, "no-resource: AWS has none.", "ml-dev/Role/Policy/Resource"),
                violation(WILDCARD, BELOW_A_PREFIX, "ml-dev/Other/Policy/Resource"),
            ],
        },
        {"pluginName": "Serverless", "violations": []},
        # What the CDK accepts of its own constructs isn't cdk-nag's.
        {
            "pluginName": "CloudFormation Validate",
            "suppressedViolations": [violation("W9009", "deprecated", "ml-dev/Bus/Resource")],
        },
    ]
    report = {"pluginReports": reports}
    (tmp_path / acknowledgements.REPORT).write_text(json.dumps(report), encoding="utf-8")
    return tmp_path


def test_findings_are_read_with_decision_rule_and_resource(assembly: Path) -> None:
    # When
    found = acknowledgements.read(assembly)
    # Then
    assert len(found) == 3
    assert found[0] == acknowledgements.Acknowledgement(
        decision="below-a-prefix",
        reason="Keys hold the run's id.",
        rule="AwsSolutions-IAM5",
        finding="Resource::<Data.Arn>/raw/*",
        resource="ml-dev/Role/Policy/Resource",
        kind="ManagedPolicy",
        accepted_at="ml-dev/Role/Policy",
    )


def test_decisions_findings_and_resources_are_counted_apart(assembly: Path) -> None:
    # When
    document = acknowledgements.document(acknowledgements.read(assembly))
    # Then
    assert (document["decisions"], document["findings"], document["resources"]) == (2, 3, 2)
    assert [one["decision"] for one in document["by_decision"]] == ["below-a-prefix", "no-resource"]
    assert len(document["by_decision"][0]["findings"]) == 2


def test_each_decision_is_shown_with_its_reason_and_every_resource(assembly: Path) -> None:
    # Given
    console = Console(width=160)
    # When
    with console.capture() as captured:
        console.print(acknowledgements.tables(acknowledgements.read(assembly)))
    # Then
    text = captured.get()
    for part in ("below-a-prefix: AwsSolutions-IAM5", "Keys hold the run's id.", "ml-dev/Other/Policy"):
        assert part in text
    assert "2 decisions, 3 findings, 2 resources" in text


def test_what_checkov_skips_is_read_from_the_template(assembly: Path) -> None:
    # Given a template that tells checkov what to skip, and where its constructs are
    skip = {"id": "CKV_AWS_18", "comment": "below-a-prefix: Keys hold the run's id."}
    bucket = {"Type": "AWS::S3::Bucket", "Metadata": {"checkov": {"skip": [skip]}}}
    template = {"Resources": {"Logs1234": bucket, "Other": {"Type": "AWS::S3::Bucket"}}}
    metadata = {"/ml-dev/Logs/Resource": [{"type": "aws:cdk:logicalId", "data": "Logs1234"}]}
    (assembly / "ml-dev.template.json").write_text(json.dumps(template), encoding="utf-8")
    (assembly / "ml-dev.metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    # When
    found = acknowledgements.read(assembly)
    # Then it comes after cdk-nag's, by the construct's path
    assert found[3:] == [
        acknowledgements.Acknowledgement(
            decision="below-a-prefix",
            reason="Keys hold the run's id.",
            rule="CKV_AWS_18",
            finding="",
            resource="ml-dev/Logs/Resource",
            kind="Bucket",
            accepted_at="ml-dev/Logs/Resource",
        )
    ]


def test_a_folder_without_a_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"holds no validation-report\.json: name a folder"):
        acknowledgements.read(tmp_path)
