"""Attacks by outsiders, with wrong credentials, and for more rights than one's own: all refused.

Who may do the same thing does it, so that no refusal is for another reason.
"""

from __future__ import annotations

import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.local.platform.callers import (
    ACCOUNT_ITSELF,
    Caller,
    People,
    RolesOfARun,
    account_itself,
    acting_as,
    anonymous,
    fetch,
    other_account,
    raw_data,
    refused,
    remove_role,
    role,
    user,
)
from tests.local.platform.conftest import HappyRun
from tests.local.platform.deployed import ENDPOINT, DeployedPlatform
from tests.local.running import statement, zip_of

# Runs have left data, a model and an endpoint behind.
pytestmark = pytest.mark.usefixtures("happy")

UNSIGNED_CALLS = [
    ("cloudformation", "describe_stacks", "MissingAuthenticationToken"),
    ("cloudtrail", "describe_trails", "MissingAuthenticationTokenException"),
    ("iam", "list_roles", "MissingAuthenticationToken"),
    ("kms", "list_keys", "MissingAuthenticationTokenException"),
    ("lambda", "list_functions", "MissingAuthenticationTokenException"),
    ("logs", "describe_log_groups", "MissingAuthenticationTokenException"),
    ("s3", "list_buckets", "AccessDenied"),
    ("sagemaker", "list_models", "MissingAuthenticationTokenException"),
    ("sns", "list_topics", "MissingAuthenticationToken"),
    ("stepfunctions", "list_state_machines", "MissingAuthenticationTokenException"),
]


@pytest.mark.parametrize(("service", "operation", "code"), UNSIGNED_CALLS)
def test_an_unsigned_call_is_refused(
    platform: DeployedPlatform, service: str, operation: str, code: str
) -> None:
    assert refused(getattr(anonymous(platform, service), operation)) == code
    getattr(platform.client(service), operation)()


def test_a_wrongly_signed_call_is_refused(platform: DeployedPlatform, roles_of_the_run: RolesOfARun) -> None:
    data, preparation = raw_data(platform), acting_as(platform, roles_of_the_run.preparation)
    without_token = {**preparation.credentials, "aws_session_token": ""}
    for caller in (account_itself(platform), preparation):
        wrong = caller.with_wrong_secret()
        assert refused(wrong.client("s3").get_object, **data) == "SignatureDoesNotMatch"
        assert refused(wrong.client("kms").list_keys) == "InvalidSignatureException"
        caller.client("s3").get_object(**data)
    stolen_in_part = Caller(platform, without_token).client("s3")
    assert refused(stolen_in_part.get_object, **data) == "InvalidAccessKeyId"


def test_a_presigned_address_ends(platform: DeployedPlatform, people: People) -> None:
    s3 = people.data_scientist.client("s3", signature_version="s3v4")
    fresh, old = (
        s3.generate_presigned_url("get_object", Params=raw_data(platform), ExpiresIn=seconds)
        for seconds in (600, 1)
    )
    time.sleep(2.1)
    status, text = fetch(old)
    assert fetch(fresh)[0] == 200
    assert (status, "<Code>AccessDenied</Code>" in text) == (403, True)


# What outsiders get at


def test_an_outsider_does_nothing_with_the_key(platform: DeployedPlatform, people: People) -> None:
    key = platform.outputs["KeyArn"]
    secret = platform.client("kms").encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
    with user(platform) as stranger:
        for outsider in (stranger, other_account(platform)):
            kms = outsider.client("kms")
            assert refused(kms.decrypt, CiphertextBlob=secret, KeyId=key) == "AccessDeniedException"
            for operation in ("describe_key", "disable_key", "schedule_key_deletion"):
                assert refused(getattr(kms, operation), KeyId=key) == "AccessDeniedException"
            opened = {"KeyId": key, "PolicyName": "default", "Policy": "{}"}
            assert refused(kms.put_key_policy, **opened) == "AccessDeniedException"
    mine = people.data_scientist.client("kms")
    assert mine.decrypt(CiphertextBlob=secret, KeyId=key)["Plaintext"] == b"secret"
    assert refused(mine.schedule_key_deletion, KeyId=key) == "AccessDeniedException"


def test_an_outsider_assumes_no_role_of_the_platform(
    platform: DeployedPlatform, roles_of_the_run: RolesOfARun
) -> None:
    # Given a user who may assume whatever trusts them, and another account
    listed = platform.client("iam").get_paginator("list_roles").paginate()
    ours = [
        role["Arn"] for page in listed for role in page["Roles"] if role["RoleName"].startswith("ml-dev-")
    ]
    assert roles_of_the_run.function in ours
    with user(platform, statement("sts:AssumeRole")) as stranger:
        for outsider in (stranger, other_account(platform), account_itself(platform)):
            sts = outsider.client("sts")
            for one in ours:
                assert refused(sts.assume_role, RoleArn=one, RoleSessionName="mine") == "AccessDenied"
        # Then it isn't for want of the permission
        with role(platform) as open_to_all:
            stranger.client("sts").assume_role(RoleArn=open_to_all, RoleSessionName="mine")


# More rights than one's own


def make_a_function(caller: Caller, name: str, role_arn: str) -> None:
    code = {"ZipFile": zip_of(index="def handler(event, context): pass")}
    caller.client("lambda").create_function(
        FunctionName=name, Runtime="python3.13", Handler="index.handler", Role=role_arn, Code=code
    )


def test_nobody_gets_more_rights_by_passing_a_stronger_role(
    platform: DeployedPlatform, roles_of_the_run: RolesOfARun
) -> None:
    name = f"f-{uuid.uuid4().hex[:8]}"
    with role(platform, service="lambda.amazonaws.com") as weak:
        may = [statement("lambda:CreateFunction"), statement("iam:PassRole", weak)]
        with user(platform, *may) as developer:
            # When a developer makes a function with a role of the platform, or with their own
            with pytest.raises(ClientError, match="iam:PassRole") as caught:
                make_a_function(developer, name, roles_of_the_run.function)
            make_a_function(developer, name, weak)
    # Then
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    platform.client("lambda").delete_function(FunctionName=name)


def test_the_state_machine_passes_its_jobs_roles_and_no_others(
    platform: DeployedPlatform, happy: HappyRun, roles_of_the_run: RolesOfARun
) -> None:
    # Given a candidate's model, as the machine makes it
    sagemaker = acting_as(platform, roles_of_the_run.machine).client("sagemaker")
    served = platform.client("sagemaker").describe_model_package(ModelPackageName=happy.package)
    container = served["InferenceSpecification"]["Containers"][0]
    model = {
        "ModelName": f"{ENDPOINT}-{uuid.uuid4().hex[:12]}-candidate",
        "PrimaryContainer": {"Image": container["Image"], "ModelDataUrl": container["ModelDataUrl"]},
        "EnableNetworkIsolation": True,
    }
    own = model_role(platform)
    # Then
    for other in (roles_of_the_run.function, roles_of_the_run.machine):
        with pytest.raises(ClientError, match="iam:PassRole"):
            sagemaker.create_model(**model, ExecutionRoleArn=other)
    sagemaker.create_model(**model, ExecutionRoleArn=own)
    platform.client("sagemaker").delete_model(ModelName=model["ModelName"])


def model_role(platform: DeployedPlatform) -> str:
    listed = platform.client("iam").get_paginator("list_roles").paginate()
    (found,) = [
        each["Arn"]
        for page in listed
        for each in page["Roles"]
        if each["RoleName"].startswith("ml-dev-training-MysfitRecommenderModelRole")
    ]
    return str(found)


def test_a_role_made_under_a_boundary_is_held_by_it_and_none_is_made_without(
    platform: DeployedPlatform,
) -> None:
    # Given a boundary, and who may make roles under it and give them any policy
    iam, name = platform.client("iam"), f"b-{uuid.uuid4().hex[:8]}"
    data = raw_data(platform)
    document = {"Version": "2012-10-17", "Statement": [statement("s3:ListBucket")]}
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    under = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    trust = {"Statement": [{"Effect": "Allow", "Principal": ACCOUNT_ITSELF, "Action": "sts:AssumeRole"}]}
    given = {"RoleName": name, "AssumeRolePolicyDocument": json.dumps(trust)}
    everything = {"Version": "2012-10-17", "Statement": [statement("*")]}
    policy = {"RoleName": name, "PolicyName": "all", "PolicyDocument": json.dumps(everything)}
    makes_roles = statement(["iam:CreateRole", "iam:PutRolePolicy"], Condition=under)
    with user(platform, makes_roles) as developer:
        mine = developer.client("iam")
        # When
        assert refused(mine.create_role, **given) == "AccessDenied"
        made = mine.create_role(**given, PermissionsBoundary=boundary)["Role"]["Arn"]
        mine.put_role_policy(**policy)
        # Then the boundary can't be taken off, and the role has no more than it
        assert refused(mine.delete_role_permissions_boundary, RoleName=name) == "AccessDenied"
        s3 = acting_as(platform, made).client("s3")
        assert refused(s3.get_object, **data) == "AccessDenied"
        s3.list_objects_v2(Bucket=data["Bucket"])
    remove_role(platform, name)
    iam.delete_policy(PolicyArn=boundary)
