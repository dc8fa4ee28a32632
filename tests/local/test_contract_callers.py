"""Who calls is proved, and nobody gets more rights by another's role."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.local.running import ACCOUNT, REGION, LocalAws, MakeFunction, MakeRole, statement, zip_of

OTHER_ACCOUNT = "111111111111"
TRUSTING_THE_ACCOUNT = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "sts:AssumeRole",
}


def refused(call: Callable[..., Any], **arguments: Any) -> str:
    """Call what must be refused; gives the error's code."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def fetch(url: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(  # noqa: S310 - this machine
        url, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def bucket(local_aws: LocalAws, name: str) -> str:
    """A bucket that holds the object `k`."""
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    return name


def put_policy(local_aws: LocalAws, bucket: str, **statement: Any) -> None:
    given = {"Principal": "*", "Resource": f"arn:aws:s3:::{bucket}/*", **statement}
    document = json.dumps({"Version": "2012-10-17", "Statement": [given]})
    local_aws.client("s3").put_bucket_policy(Bucket=bucket, Policy=document)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("s3", "list_buckets", "SignatureDoesNotMatch"),
        ("sagemaker", "list_models", "InvalidSignatureException"),
    ],
)
def test_the_root_users_signature_is_verified(
    local_aws: LocalAws, service: str, operation: str, code: str
) -> None:
    wrong = local_aws.client(service, aws_access_key_id="test", aws_secret_access_key="wrong")
    assert refused(getattr(wrong, operation)) == code
    getattr(local_aws.client(service), operation)()


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_a_presigned_address_is_good_until_it_expires(local_aws: LocalAws, bucket: str, version: str) -> None:
    # Given
    s3 = local_aws.session().client(
        "s3", endpoint_url=local_aws.endpoint_url, config=Config(signature_version=version)
    )
    fresh, old = (
        s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=seconds)
        for seconds in (600, 1)
    )
    time.sleep(2.1)
    # Then one is good as it is, and the other not any more
    assert fetch(fresh) == (200, "x")
    assert fetch(fresh.replace(f"{bucket}/k", f"{bucket}/other"))[0] == 403
    status, text = fetch(old)
    assert status == 403
    assert "<Code>AccessDenied</Code>" in text
    assert "Request has expired" in text


@pytest.mark.parametrize("caller", ["root", "role"])
def test_a_request_may_say_that_it_came_without_tls(
    local_aws: LocalAws, make_role: MakeRole, bucket: str, caller: str
) -> None:
    # Given a bucket that denies what comes without TLS
    put_policy(
        local_aws,
        bucket,
        Effect="Deny",
        Action="s3:*",
        Condition={"Bool": {"aws:SecureTransport": "false"}},
    )
    s3 = (
        local_aws.client("s3")
        if caller == "root"
        else local_aws.as_role("s3", make_role(None, statement("s3:*")))
    )
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    # Then
    assert fetch(url)[0] == fetch(url, X_Forwarded_Proto="https")[0] == 200
    status, text = fetch(url, X_Forwarded_Proto="http")
    assert (status, "<Code>AccessDenied</Code>" in text) == (403, True)


def test_a_buckets_policy_holds_the_root_user_but_doesnt_lock_it_out(
    local_aws: LocalAws, bucket: str
) -> None:
    s3 = local_aws.client("s3")
    put_policy(local_aws, bucket, Effect="Deny", Action="s3:GetObject")
    assert refused(s3.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    put_policy(
        local_aws,
        bucket,
        Effect="Deny",
        Action="s3:*",
        Resource=[f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    )
    s3.delete_bucket_policy(Bucket=bucket)
    s3.get_object(Bucket=bucket, Key="k")


def test_another_accounts_root_user_has_what_policies_give_it(local_aws: LocalAws) -> None:
    # Given a key for whoever this account allows
    other = local_aws.client("kms", aws_access_key_id=OTHER_ACCOUNT, aws_secret_access_key="test")
    key = local_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    # Then
    assert refused(other.describe_key, KeyId=key) == "AccessDeniedException"
    local_aws.client("kms").describe_key(KeyId=key)


@pytest.mark.parametrize("account", [ACCOUNT, OTHER_ACCOUNT])
def test_nobody_assumes_a_services_role(local_aws: LocalAws, make_role: MakeRole, account: str) -> None:
    sts = local_aws.client("sts", aws_access_key_id=account, aws_secret_access_key="test")
    given = {"RoleArn": make_role("lambda.amazonaws.com", statement("s3:*")), "RoleSessionName": "mine"}
    assert refused(sts.assume_role, **given) == "AccessDenied"


def test_only_the_account_that_a_role_trusts_assumes_it(local_aws: LocalAws, make_role: MakeRole) -> None:
    given = {"RoleArn": make_role(None), "RoleSessionName": "mine"}
    other = local_aws.client("sts", aws_access_key_id=OTHER_ACCOUNT, aws_secret_access_key="test")
    assert refused(other.assume_role, **given) == "AccessDenied"
    local_aws.client("sts").assume_role(**given)


def passing(role: str, service: str) -> dict[str, Any]:
    return statement("iam:PassRole", role, Condition={"StringEquals": {"iam:PassedToService": service}})


def make_a_function(client: Any, role: str, name: str) -> None:
    code = {"ZipFile": zip_of(index="def handler(event, context): pass")}
    given = {"Runtime": "python3.13", "Handler": "index.handler", "Role": role, "Code": code}
    client.create_function(FunctionName=name, **given)


def make_a_machine(client: Any, role: str, name: str) -> None:
    definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)


def make_a_target(client: Any, role: str, name: str) -> None:
    client.put_rule(Name=name, EventPattern='{"source": ["none"]}')
    target = {"Id": "1", "Arn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:m", "RoleArn": role}
    client.put_targets(Rule=name, Targets=[target])


def make_a_stack(client: Any, role: str, name: str) -> None:
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    client.create_stack(StackName=name, TemplateBody=json.dumps(template), RoleARN=role)


@pytest.mark.parametrize(
    ("service", "principal", "act"),
    [
        ("lambda", "lambda", make_a_function),
        ("stepfunctions", "states", make_a_machine),
        ("events", "events", make_a_target),
        ("cloudformation", "cloudformation", make_a_stack),
    ],
)
def test_handing_a_role_to_a_service_takes_the_permission_to_pass_it(
    local_aws: LocalAws,
    make_role: MakeRole,
    name: str,
    service: str,
    principal: str,
    act: Callable[[Any, str, str], None],
) -> None:
    # Given a role, and callers who may make what runs as it
    role = make_role(f"{principal}.amazonaws.com", statement("s3:*"))
    all_of_it = statement([f"{principal}:*"])
    enough = make_role(None, all_of_it, passing(role, f"{principal}.amazonaws.com"))
    without = make_role(None, all_of_it)
    for_another = make_role(None, all_of_it, passing(role, "ec2.amazonaws.com"))
    # Then
    for caller in (without, for_another):
        with pytest.raises(ClientError, match="iam:PassRole") as caught:
            act(local_aws.as_role(service, caller), role, name)
        assert caught.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    act(local_aws.as_role(service, enough), role, name)


def test_changing_a_functions_role_takes_the_permission_to_pass_it(
    local_aws: LocalAws, make_role: MakeRole, make_function: MakeFunction
) -> None:
    function, stronger = make_function("def handler(event, context): pass"), make_role("lambda.amazonaws.com")
    caller = local_aws.as_role("lambda", make_role(None, statement("lambda:*")))
    given = {"FunctionName": function, "Role": stronger}
    assert refused(caller.update_function_configuration, **given) == "AccessDeniedException"
    caller.update_function_configuration(FunctionName=function, Timeout=11)


def test_roles_can_be_made_under_a_boundary_only(local_aws: LocalAws, make_role: MakeRole, name: str) -> None:
    # Given a caller who may make roles and give them policies, under this boundary
    iam = local_aws.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement("s3:GetObject")]})
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
    under = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    actions = ["iam:CreateRole", "iam:PutRolePolicy"]
    caller = local_aws.as_role("iam", make_role(None, statement(actions, Condition=under)))
    trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUSTING_THE_ACCOUNT]})
    given = {"AssumeRolePolicyDocument": trust, "RoleName": f"{name}-made"}
    policy = {"PolicyName": "p", "PolicyDocument": document}
    # Then
    assert refused(caller.create_role, **given) == "AccessDenied"
    other = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert refused(caller.create_role, **given, PermissionsBoundary=other) == "AccessDenied"
    caller.create_role(**given, PermissionsBoundary=boundary)
    caller.put_role_policy(RoleName=f"{name}-made", **policy)
    unbounded = make_role(None).rpartition("/")[2]
    assert refused(caller.put_role_policy, RoleName=unbounded, **policy) == "AccessDenied"


def test_a_policy_may_say_which_managed_policies_are_attached(
    local_aws: LocalAws, make_role: MakeRole
) -> None:
    reading, all_of_it = (
        f"arn:aws:iam::aws:policy/{each}" for each in ("ReadOnlyAccess", "AdministratorAccess")
    )
    only = {"ArnEquals": {"iam:PolicyARN": reading}}
    caller = local_aws.as_role("iam", make_role(None, statement("iam:AttachRolePolicy", Condition=only)))
    role = make_role(None).rpartition("/")[2]
    assert refused(caller.attach_role_policy, RoleName=role, PolicyArn=all_of_it) == "AccessDenied"
    caller.attach_role_policy(RoleName=role, PolicyArn=reading)


def test_unsigned_calls_get_what_is_public(local_aws: LocalAws, bucket: str) -> None:
    # Given
    anonymous = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    s3, sagemaker = (
        local_aws.session().client(service, endpoint_url=local_aws.endpoint_url, config=anonymous)
        for service in ("s3", "sagemaker")
    )
    # Then
    assert refused(sagemaker.list_models) == "MissingAuthenticationTokenException"
    assert refused(s3.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    assert refused(s3.list_buckets) == "AccessDenied"
    assert refused(s3.create_bucket, Bucket=f"{bucket}-2") == "AccessDenied"
    # When the bucket is opened
    local_aws.client("s3").delete_public_access_block(Bucket=bucket)
    put_policy(local_aws, bucket, Effect="Allow", Action="s3:GetObject")
    s3.get_object(Bucket=bucket, Key="k")
    assert refused(s3.put_object, Bucket=bucket, Key="k", Body=b"") == "AccessDenied"
