"""The trail: what it records, where to, and that nobody else's could."""

from pathlib import Path
from typing import Any

from settings.loading import load_environment
from tests.infrastructure.assembly import Assembly, Resource, synthesize
from tests.infrastructure.conftest import changed, one_workload

CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}


def _trail(assembly: Assembly) -> Resource:
    [trail] = assembly.resources("AWS::CloudTrail::Trail")
    return trail


def _arn(assembly: Assembly) -> str:
    name = f"{assembly.environment.prefix}-audit"
    return f"arn:aws:cloudtrail:{assembly.region}:111122223333:trail/{name}"


def test_it_records_reads_and_writes_of_data_and_artifacts(assembly: Assembly) -> None:
    trail = _trail(assembly)
    # Given what the trail selects of objects
    selected = [each for each in trail.properties["EventSelectors"] if "DataResources" in each]
    # Then it is all that is done with the objects of the two buckets
    [selector] = assembly.resolve(trail.stack, selected)
    [resources] = selector["DataResources"]
    assert (selector["ReadWriteType"], resources["Type"]) == ("All", "AWS::S3::Object")
    beginnings = [each.rpartition("-storage-")[2][:4] for each in resources["Values"]]
    assert beginnings == ["Data", "Arti"]
    assert all(each.endswith("/") for each in resources["Values"])


def test_it_records_what_manages_the_account_where_the_settings_say_so(dev: Assembly, prod: Assembly) -> None:
    for assembly, managed in ((dev, False), (prod, True)):
        # Given the trail of an environment
        properties = _trail(assembly).properties
        # Then management events, of all regions and of global services, are there or not
        assert any(each["IncludeManagementEvents"] for each in properties["EventSelectors"]) is managed
        assert properties["IsMultiRegionTrail"] is True
        assert properties["IncludeGlobalServiceEvents"] is managed


def test_its_files_are_encrypted_and_provable(assembly: Assembly) -> None:
    properties = _trail(assembly).properties
    [key] = assembly.resources("AWS::KMS::Key")
    assert properties["IsLogging"] is True
    assert properties["EnableLogFileValidation"] is True
    assert properties["KMSKeyId"] == {"Fn::GetAtt": [key.logical_id, "Arn"]}
    # And lie in the log bucket, apart from the access logs
    assert properties["S3BucketName"]["Ref"].startswith("AccessLogs")
    assert properties["S3KeyPrefix"] == "trail"


def test_only_this_trail_may_write_to_the_log_bucket_and_use_the_key(assembly: Assembly) -> None:
    # Given what the policies of the log bucket and of the key allow CloudTrail
    policies = assembly.resources("AWS::S3::BucketPolicy", "AWS::KMS::Key")
    allowed = [
        statement
        for resource in policies
        for statement in assembly.resolve(resource.stack, _statements(resource))
        if statement["Principal"] == CLOUDTRAIL
    ]
    # Then each names the trail, and what is written is the bucket owner's
    assert {each["Condition"]["StringEquals"]["aws:SourceArn"] for each in allowed} == {_arn(assembly)}
    conditions = {each["Action"]: each["Condition"]["StringEquals"] for each in allowed}
    assert set(conditions) == {
        "s3:GetBucketAcl",
        "s3:PutObject",
        "kms:GenerateDataKey*",
        "kms:DescribeKey",
    }
    assert conditions["s3:PutObject"]["s3:x-amz-acl"] == "bucket-owner-full-control"
    context = conditions["kms:GenerateDataKey*"]["kms:EncryptionContext:aws:cloudtrail:arn"]
    assert context == _arn(assembly)
    # And it writes below its own prefix only
    [written] = [each["Resource"] for each in allowed if each["Action"] == "s3:PutObject"]
    assert written.endswith("/trail/AWSLogs/111122223333/*")


def _statements(resource: Resource) -> Any:
    policy = resource.properties.get("PolicyDocument") or resource.properties["KeyPolicy"]
    return policy["Statement"]


def test_it_ends_before_its_bucket_is_emptied(dev: Assembly) -> None:
    # Given what the deletion of the log bucket begins with
    trail = _trail(dev)
    log_bucket = trail.properties["S3BucketName"]
    [emptying] = [
        each.logical_id
        for each in dev.resources("Custom::S3AutoDeleteObjects")
        if each.stack == trail.stack and each.properties["BucketName"] == log_bucket
    ]
    # Then the trail depends on it, so it is deleted before; and on the policy that lets it write
    depends_on = trail.body["DependsOn"]
    assert emptying in depends_on
    assert any(each.startswith("AccessLogsPolicy") for each in depends_on)


def test_prod_also_reads_it_in_a_log_group(dev: Assembly, prod: Assembly) -> None:
    # Given
    trail = _trail(prod)
    name = trail.properties["CloudWatchLogsLogGroupArn"]["Fn::GetAtt"][0]
    group = prod.resource(trail.stack, name).properties
    # Then the group is encrypted and kept as long as every other
    assert group["RetentionInDays"] == prod.environment.log_retention_days
    assert "KmsKeyId" in group
    # And CloudTrail's role may write to it, and nothing else
    role = trail.properties["CloudWatchLogsRoleArn"]["Fn::GetAtt"][0]
    [policy] = [
        each
        for each in prod.resources("AWS::IAM::ManagedPolicy")
        if each.stack == trail.stack and each.properties["Roles"] == [{"Ref": role}]
    ]
    [statement] = policy.properties["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Resource"] == {"Fn::GetAtt": [name, "Arn"]}
    # While in dev it is in the bucket only
    assert "CloudWatchLogsLogGroupArn" not in _trail(dev).properties


def test_what_is_delivered_lives_as_long_as_logs_do(dev: Assembly, prod: Assembly) -> None:
    for assembly, days in ((dev, 90), (prod, 365)):
        [bucket] = [
            each
            for each in assembly.resources("AWS::S3::Bucket")
            if {"Ref": each.logical_id} == _trail(assembly).properties["S3BucketName"]
        ]
        [rule] = bucket.properties["LifecycleConfiguration"]["Rules"]
        assert (rule.get("Prefix"), rule["ExpirationInDays"]) == (None, days)


def test_an_environment_can_do_without(tmp_path: Path) -> None:
    # Given an environment whose account has a trail of its own
    environment = changed(load_environment("dev"), audit=None)
    # When it is synthesized
    assembly = synthesize(environment, one_workload(environment), tmp_path)
    # Then nothing of a trail is left in it
    assert assembly.resources("AWS::CloudTrail::Trail") == []
    assert "cloudtrail" not in str(assembly.template("storage"))
