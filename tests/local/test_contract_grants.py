"""What roles are granted and which of it they used is kept, also when role and stack are gone."""

import json
from typing import Any

import pytest

from tests.local.running import Deploy, LocalAws, MakeRole, delete_stack, statement
from tests.local.test_contract_permissions import role_template


def rows(local_aws: LocalAws, file_name: str, role: str) -> list[dict[str, Any]]:
    lines = (local_aws.state / file_name).read_text().splitlines()
    return [row for row in map(json.loads, lines) if row["role"] == role]


def used(local_aws: LocalAws, role: str) -> list[tuple[str, str, str]]:
    found = rows(local_aws, "grants_used.jsonl", role)
    return sorted((row["action"], row["resource"], row["condition"]) for row in found)


def test_a_grant_is_used_by_the_call_that_its_pattern_and_condition_allow(
    local_aws: LocalAws, make_role: MakeRole, bucket: str
) -> None:
    # Given
    arn = f"arn:aws:s3:::{bucket}"
    prefixes = [{"StringLike": {"s3:prefix": [prefix]}} for prefix in ("a/*", "b/*")]
    role = make_role(
        None,
        statement(["s3:GetObject", "s3:PutObject"], [f"{arn}/k*", f"{arn}/other/*"]),
        *(statement("s3:ListBucket", arn, Condition=condition) for condition in prefixes),
    )
    s3 = local_aws.as_role("s3", role)
    # When
    for _ in range(2):
        s3.get_object(Bucket=bucket, Key="k")
    s3.list_objects_v2(Bucket=bucket, Prefix="b/1")
    # Then
    assert used(local_aws, role) == [
        ("s3:GetObject", f"{arn}/k*", ""),
        ("s3:ListBucket", arn, json.dumps(prefixes[1])),
    ]
    (granted,) = rows(local_aws, "grants.jsonl", role)
    assert len(granted["grants"]) == 6
    assert rows(local_aws, "grants_used.jsonl", role)[0]["call"] == ["s3:GetObject", f"{arn}/k"]


def test_a_refused_call_uses_no_grant(local_aws: LocalAws, make_role: MakeRole, bucket: str) -> None:
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
    role = make_role(None, statement("s3:*"), deny)
    s3 = local_aws.as_role("s3", role)
    with pytest.raises(Exception, match="AccessDenied"):
        s3.get_object(Bucket=bucket, Key="k")
    assert used(local_aws, role) == []


def test_what_a_stack_granted_is_known_after_its_end(
    local_aws: LocalAws, deploy: Deploy, bucket: str, name: str
) -> None:
    # Given a role by a stack, with a policy in the role and one beside it
    beside = {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "beside",
            "PolicyDocument": {"Statement": [statement("s3:ListBucket")]},
            "Roles": [{"Ref": "Role"}],
        },
    }
    outputs = {"Arn": {"Fn::GetAtt": ["Role", "Arn"]}}
    role = deploy(f"{name}-s", role_template() | {"Beside": beside}, outputs)["Arn"]
    local_aws.as_role("s3", role).get_object(Bucket=bucket, Key="k")
    # When
    assert delete_stack(local_aws.client("cloudformation"), f"{name}-s") == "DELETE_COMPLETE"
    # Then
    granted = {
        row["policy"]: [one["action"] for one in row["grants"]]
        for row in rows(local_aws, "grants.jsonl", role)
    }
    assert granted == {"given": ["s3:*"], "beside": ["s3:ListBucket"]}
    assert used(local_aws, role) == [("s3:*", "*", "")]


def test_what_a_boundary_leaves_out_is_told(
    local_aws: LocalAws, deploy: Deploy, boundary: str, name: str
) -> None:
    policy = {
        "PolicyName": "two",
        "PolicyDocument": {"Statement": [statement(["s3:GetObject", "s3:PutObject"])]},
    }
    template = role_template(PermissionsBoundary=boundary, Policies=[policy])
    role = deploy(f"{name}-s", template, {"Arn": {"Fn::GetAtt": ["Role", "Arn"]}})["Arn"]
    newest = rows(local_aws, "grants.jsonl", role)[-1]["grants"]
    assert {row["action"]: row["within_boundary"] for row in newest} == {
        "s3:GetObject": True,
        "s3:PutObject": False,
    }


def test_the_newest_document_of_a_policy_counts(local_aws: LocalAws, make_role: MakeRole) -> None:
    role = make_role(None, statement("s3:GetObject"))
    iam = local_aws.client("iam")
    role_name = role.rpartition("/")[2]
    (policy,) = iam.list_role_policies(RoleName=role_name)["PolicyNames"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement("s3:PutObject")]})
    iam.put_role_policy(RoleName=role_name, PolicyName=policy, PolicyDocument=document)
    written = rows(local_aws, "grants.jsonl", role)
    assert [[one["action"] for one in row["grants"]] for row in written] == [
        ["s3:GetObject"],
        ["s3:PutObject"],
    ]
