"""Every policy of the templates: actions, resources and condition keys that IAM knows, and no way to more
rights."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.infrastructure.assembly import Assembly, Resource
from tests.infrastructure.policies import roles, statements
from tests.infrastructure.policy_lint import Flaw, flaws

DOCUMENTS = {
    "AWS::EC2::VPCEndpoint": "PolicyDocument",
    "AWS::IAM::ManagedPolicy": "PolicyDocument",
    "AWS::IAM::Policy": "PolicyDocument",
    "AWS::IAM::Role": "AssumeRolePolicyDocument",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
}
OBJECT = "arn:aws:s3:::bucket/prefix/*"


def _documents(assembly: Assembly) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for resource in assembly.resources(*DOCUMENTS):
        document = resource.properties.get(DOCUMENTS[resource.body["Type"]])
        if document:
            yield resource, assembly.resolve(resource.stack, document)


def _allow(actions: list[str], resources: list[str], **conditions: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return {"Version": "2012-10-17", "Statement": [statement | {"Condition": conditions}]}


def test_no_policy_has_a_flaw(whole: Assembly) -> None:
    # Given every policy of identities, roles' trust and resources
    documents = list(_documents(whole))
    in_a_vpc = {"AWS::EC2::VPCEndpoint"} if whole.environment.network.mode == "vpc_only" else set()
    of_all = DOCUMENTS.keys() - {"AWS::EC2::VPCEndpoint", "AWS::IAM::Policy"}
    assert {resource.body["Type"] for resource, _ in documents} >= of_all | in_a_vpc
    # Then IAM knows all that they say, and what each allows leads to no more
    found = {(resource.stack, resource.logical_id): list(flaws(document)) for resource, document in documents}
    assert {name: flawed for name, flawed in found.items() if flawed} == {}


def test_all_that_a_role_may_do_leads_to_no_more_rights(whole: Assembly) -> None:
    # Given all statements of a role together, which policies apart wouldn't show
    for role in roles(whole):
        document = {"Version": "2012-10-17", "Statement": list(statements(whole, role))}
        # Then none escalates
        assert [flaw for flaw in flaws(document) if flaw.kind == "privilege escalation"] == [], (
            role.logical_id
        )


@pytest.mark.parametrize(
    ("document", "flaw"),
    [
        (_allow(["s3:GetObjekt"], [OBJECT]), Flaw("unknown action", "s3:GetObjekt")),
        (_allow(["s4:GetObject"], [OBJECT]), Flaw("unknown action", "s4:GetObject")),
        (_allow(["s3:GetObject"], ["arn:aws:s3:::bucket"]), Flaw("resource mismatch", "s3:GetObject")),
        (
            _allow(["s3:GetObject"], [OBJECT, "arn:aws:sns:us-east-1:111122223333:topic"]),
            Flaw("resource mismatch", "arn:aws:sns:us-east-1:111122223333:topic"),
        ),
        (
            _allow(["s3:GetObject"], [OBJECT], StringLike={"s3:prefix": "prefix/"}),
            Flaw("unknown condition key", "s3:prefix of s3:GetObject"),
        ),
        (
            _allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"], ["*"]),
            Flaw("privilege escalation", "PassExistingRoleToNewLambdaThenInvoke"),
        ),
    ],
    ids=lambda given: given.kind if isinstance(given, Flaw) else "",
)
def test_a_flaw_is_found(document: dict[str, Any], flaw: Flaw) -> None:
    assert flaw in list(flaws(document))


@pytest.mark.parametrize(
    "document",
    [
        _allow(["s3:GetObject", "s3:ListBucket"], [OBJECT, "arn:aws:s3:::bucket"]),
        _allow(["s3:ListBucket"], ["arn:aws:s3:::bucket"], StringLike={"s3:prefix": "prefix/"}),
        _allow(["kms:Decrypt"], ["*"], ArnLike={"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:*"}),
        _allow(["logs:PutLogEvents"], ["arn:aws:logs:us-east-1:111122223333:log-group:/aws/x:*"]),
        _allow(["sagemaker:CreateApp"], ["arn:aws:sagemaker:us-east-1:111122223333:app/d-1/*"]),
    ],
)
def test_what_iam_knows_has_no_flaw(document: dict[str, Any]) -> None:
    assert list(flaws(document)) == []
