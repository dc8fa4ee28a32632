"""Which wildcards in a policy's resources are accepted by their form, and which stop a synth."""

from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam

from stacks.constructs.own_role import OwnRole
from stacks.constructs.wildcards import accepted_in
from stacks.rule_packs import check

IN_ACCOUNT = "<AWS::Region>:<AWS::AccountId>"
LOGS = f"arn:<AWS::Partition>:logs:{IN_ACCOUNT}:log-group"
SAGEMAKER = f"arn:<AWS::Partition>:sagemaker:{IN_ACCOUNT}"


def _decisions(resource: object, action: str = "s3:GetObject") -> list[str]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return [decision.name for decision, _ in accepted_in({"Statement": [statement]})]


@pytest.mark.parametrize(
    ("resource", "decision"),
    [
        ("<Data1A.Arn>/raw/*", "objects-below-a-prefix"),
        ("<Data1A.Arn>/runs/census/*/training.json", "objects-below-a-prefix"),
        ("ml-prod-storage:ExportsOutputFnGetAttData1AArn2B/raw/census/*", "objects-below-a-prefix"),
        (f"{LOGS}:/aws/sagemaker/TrainingJobs:*", "inside-one-named-thing"),
        (f"{LOGS}:/aws/sagemaker/TrainingJobs:log-stream:ml-prod-*", "inside-one-named-thing"),
        (f"{SAGEMAKER}:model-package/ml-prod-census/*", "inside-one-named-thing"),
        (f"{SAGEMAKER}:space/<Domain1A.DomainId>/*", "inside-one-named-thing"),
        (f"{SAGEMAKER}:space/${{sagemaker:DomainId}}/*", "inside-one-named-thing"),
        (f"{SAGEMAKER}:endpoint/clarify-0123abcd-*", "endpoints-of-clarify"),
        (f"{LOGS}:/aws/sagemaker/Endpoints/clarify-0123abcd-*:*", "endpoints-of-clarify"),
        (
            "arn:<AWS::Partition>:ec2:eu-west-1:<AWS::AccountId>:network-interface/*",
            "ids-that-services-draw",
        ),
    ],
)
def test_what_has_an_accepted_form_is_accepted_by_its_decision(resource: str, decision: str) -> None:
    assert _decisions(resource) == [decision]


@pytest.mark.parametrize(
    "resource",
    [
        "<Data1A.Arn>/*",
        "<Data1A.Arn>*",
        "<Data1A.Arn>/*/training.json",
        "<Data1A.Arn>/raw*",
        "<Data1A.Arn>/runs/*/*",
        "arn:<AWS::Partition>:s3:::*/raw/*",
        f"{LOGS}:*",
        f"{LOGS}:/aws/*/TrainingJobs:*",
        f"{SAGEMAKER}:*",
        f"{SAGEMAKER}:endpoint/*",
        f"{SAGEMAKER}:endpoint/clarify-*",
        f"{LOGS}:/aws/sagemaker/Endpoints/clarify-*:*",
        f"{SAGEMAKER}:model-package/*",
        f"{SAGEMAKER}:space/*",
        f"{SAGEMAKER}:training-job/ml-prod-*",
        "arn:<AWS::Partition>:sagemaker:*:<AWS::AccountId>:model-package/ml-prod-census/*",
        f"arn:<AWS::Partition>:cloudformation:{IN_ACCOUNT}:stack/ml-prod-*/*",
        f"arn:<AWS::Partition>:ec2:{IN_ACCOUNT}:vpc/*",
        "arn:<AWS::Partition>:iam::<AWS::AccountId>:role/*",
        f"arn:<AWS::Partition>:kms:{IN_ACCOUNT}:key/*",
        {"Fn::Select": [0, ["<Data1A.Arn>/raw/*"]]},
    ],
)
def test_a_wildcard_of_another_form_stays_a_finding(resource: object) -> None:
    assert _decisions(resource) == []


def test_a_resource_is_left_out_only_for_actions_that_have_none() -> None:
    assert _decisions("*", "xray:PutTraceSegments") == ["no-resource-to-name"]
    assert _decisions("*", "s3:GetObject") == []
    # And one that has a resource spoils it for a whole policy, for cdk-nag doesn't tell them apart
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": "*"}
        for action in ("xray:PutTraceSegments", "sagemaker:DeleteEndpoint")
    ]
    assert list(accepted_in({"Statement": statements})) == []


def _synthesize(folder: Path, action: str, resource: str) -> None:
    app = App(outdir=str(folder))
    role = OwnRole(Stack(app, "careless"), "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    role.add_to_principal_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
    check(app, ("nist_800_53_r5", "hipaa_security", "serverless"))
    app.synth()


def test_a_role_with_an_accepted_wildcard_is_synthesized(tmp_path: Path) -> None:
    _synthesize(tmp_path, "xray:PutTraceSegments", "*")


@pytest.mark.parametrize(
    ("action", "resource"),
    [("sagemaker:DeleteEndpoint", "*"), ("xray:*", "*"), ("s3:GetObject", "arn:aws:s3:::bucket/*")],
)
def test_another_wildcard_stops_the_synth(tmp_path: Path, action: str, resource: str) -> None:
    with pytest.raises(RuntimeError, match=r"(?s).*AwsSolutions-IAM5"):
        _synthesize(tmp_path, action, resource)
