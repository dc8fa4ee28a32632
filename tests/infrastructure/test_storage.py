"""The key and the buckets."""

from typing import Any

from aws_cdk.assertions import Match

from tests.infrastructure.assembly import Assembly, Resource


def _buckets(assembly: Assembly) -> list[Resource]:
    return assembly.resources("AWS::S3::Bucket")


def _bucket(assembly: Assembly, beginning: str) -> Resource:
    [bucket] = [bucket for bucket in _buckets(assembly) if bucket.logical_id[:-8] == beginning]
    return bucket


def _policy(assembly: Assembly, bucket: Resource) -> list[dict[str, Any]]:
    [policy] = [
        policy
        for policy in assembly.resources("AWS::S3::BucketPolicy")
        if policy.properties["Bucket"] == {"Ref": bucket.logical_id}
    ]
    statements = assembly.resolve(bucket.stack, policy.properties["PolicyDocument"]["Statement"])
    assert isinstance(statements, list)
    return statements


def test_what_there_are_buckets_for(assembly: Assembly) -> None:
    # Given the templates of a platform
    # When its buckets are counted
    stacks = [bucket.stack for bucket in _buckets(assembly)]
    # Then the data, the artifacts and the access logs have one each, the website's page and its logs too
    assert stacks == ["storage"] * 3 + ["website"] * 2


def test_every_bucket_is_private_and_versioned(assembly: Assembly) -> None:
    # Given the buckets of a platform
    for bucket in _buckets(assembly):
        # Then nothing in them can be made public, and nothing is overwritten for good
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket.properties["PublicAccessBlockConfiguration"]) == 4
        assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}
        # And only where CloudFront delivers logs, which it does by one, do access control lists count
        [ownership] = bucket.properties["OwnershipControls"]["Rules"]
        enforced = not bucket.logical_id.startswith("BucketsAccessLogs")
        assert ownership == {"ObjectOwnership": f"BucketOwner{'Enforced' if enforced else 'Preferred'}"}


def test_data_and_artifacts_are_encrypted_under_the_platforms_key(assembly: Assembly) -> None:
    # Given the key
    [key] = assembly.resources("AWS::KMS::Key")
    for name in ("Data", "Artifacts"):
        bucket = _bucket(assembly, name)
        # When the encryption of a bucket that holds data is read
        [rule] = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        # Then it is the key's, asked once for many objects
        by_default = rule["ServerSideEncryptionByDefault"]
        assert by_default["SSEAlgorithm"] == "aws:kms"
        assert by_default["KMSMasterKeyID"] == {"Fn::GetAtt": [key.logical_id, "Arn"]}
        assert rule["BucketKeyEnabled"] is True


def test_access_logs_are_encrypted_with_the_services_own_key(assembly: Assembly) -> None:
    # Given the bucket that S3's log delivery writes to, which can't use a customer's key
    bucket = _bucket(assembly, "AccessLogs")
    # Then it is encrypted under S3's
    [rule] = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def test_every_bucket_refuses_what_is_not_tls_1_2(assembly: Assembly) -> None:
    for bucket in _buckets(assembly):
        # Given a bucket's policy
        arn = assembly.resolve(bucket.stack, {"Fn::GetAtt": [bucket.logical_id, "Arn"]})
        denials = [s for s in _policy(assembly, bucket) if s["Effect"] == "Deny"]
        # Then everyone is refused everything in it without TLS, and with TLS older than 1.2
        conditions = [denial["Condition"] for denial in denials]
        assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions
        for denial in denials:
            assert denial["Principal"] == {"AWS": "*"}
            assert denial["Action"] == "s3:*"
            assert denial["Resource"] == [arn, f"{arn}/*"]


def test_a_bucket_policy_allows_only_log_delivery_and_in_dev_the_emptying(
    dev: Assembly, prod: Assembly
) -> None:
    # Given the bucket policies of an environment that keeps its data and one that doesn't
    def allowed(assembly: Assembly) -> set[str]:
        statements = [s for bucket in _buckets(assembly) for s in _policy(assembly, bucket)]
        return {str(s["Principal"]) for s in statements if s["Effect"] == "Allow"}

    # Then S3 and CloudTrail may deliver their logs, CloudFront read the page, and only in dev may CDK's
    # functions empty them
    names = ("logging.s3", "cloudtrail", "cloudfront")
    services = {f"{{'Service': '{name}.amazonaws.com'}}" for name in names}
    assert allowed(prod) == services
    emptying = allowed(dev) - services
    assert len(emptying) == 2
    assert all("CustomS3AutoDeleteObjectsCustomResourceProviderRole" in one for one in emptying)


def test_every_bucket_forgets_old_versions(assembly: Assembly) -> None:
    for bucket in _buckets(assembly):
        # Given a bucket's lifecycle rules
        rules = bucket.properties["LifecycleConfiguration"]["Rules"]
        # Then noncurrent versions go everywhere in it after at most a month
        whole = [rule for rule in rules if "Prefix" not in rule]
        assert {rule["Status"] for rule in rules} == {"Enabled"}
        assert any(rule["NoncurrentVersionExpiration"]["NoncurrentDays"] <= 30 for rule in whole)


def test_uploads_processed_data_and_answers_expire_but_raw_data_and_runs_do_not(assembly: Assembly) -> None:
    # Given the lifecycle rules by prefix
    expiring = {
        name: {
            rule["Prefix"]: rule["ExpirationInDays"]
            for rule in _bucket(assembly, name).properties["LifecycleConfiguration"]["Rules"]
            if "ExpirationInDays" in rule
        }
        for name in ("Data", "Artifacts")
    }
    # Then what can be made again goes, what a run is judged by stays
    assert expiring == {
        "Data": {"uploads/": 30, "processed/": 90, "captures/": 30},
        "Artifacts": {"queries/": 30},
    }


def test_every_bucket_but_those_of_logs_logs_its_accesses(assembly: Assembly) -> None:
    # Given the buckets that no accesses are logged of
    silent = [bucket for bucket in _buckets(assembly) if "LoggingConfiguration" not in bucket.properties]
    # Then they are where the others' go, each in its own stack
    targets = {
        (bucket.stack, bucket.properties["LoggingConfiguration"]["DestinationBucketName"]["Ref"])
        for bucket in _buckets(assembly)
        if bucket not in silent
    }
    assert {(bucket.stack, bucket.logical_id) for bucket in silent} == targets


def test_data_and_artifacts_log_accesses_and_report_events(assembly: Assembly) -> None:
    logs = _bucket(assembly, "AccessLogs")
    for name in ("Data", "Artifacts"):
        bucket = _bucket(assembly, name)
        # Then accesses are logged to the third bucket under the bucket's own prefix
        logging = bucket.properties["LoggingConfiguration"]
        assert logging["DestinationBucketName"] == {"Ref": logs.logical_id}
        assert logging["LogFilePrefix"] == f"{name.lower()}/"
        # And EventBridge hears of new objects
        notifications = bucket.properties["NotificationConfiguration"]
        assert notifications == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_there_is_one_key_and_it_rotates(assembly: Assembly) -> None:
    template = assembly.assertions("storage")
    template.resource_count_is("AWS::KMS::Key", 1)
    template.has_resource_properties("AWS::KMS::Key", {"EnableKeyRotation": True})


def test_the_key_serves_the_log_groups_of_its_own_account_and_region_only(assembly: Assembly) -> None:
    # Given the key's policy
    [key] = assembly.resources("AWS::KMS::Key")
    statements = assembly.resolve(key.stack, key.properties["KeyPolicy"]["Statement"])
    # When the statements for services are read
    of_services = {s["Principal"]["Service"]: s for s in statements if "Service" in s["Principal"]}
    # Then besides budgets, the trail and alarms there is one, for CloudWatch Logs by its regional name and
    # its groups
    for other in ("budgets", "cloudtrail", "cloudwatch"):
        of_services.pop(f"{other}.amazonaws.com", None)
    [(service, for_logs)] = of_services.items()
    assert service == f"logs.{assembly.region}.amazonaws.com"
    groups = f"arn:aws:logs:{assembly.region}:111122223333:log-group:*"
    assert for_logs["Condition"] == {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}}
    assert not [action for action in for_logs["Action"] if "*" in action]


def test_prod_keeps_everything_that_holds_data(prod: Assembly) -> None:
    # Given an environment that retains data
    kept = prod.resources("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Logs::LogGroup")
    # Then neither deleting nor replacing takes a bucket, the key or a log group away
    assert {resource.body["DeletionPolicy"] for resource in kept} == {"Retain"}
    assert {resource.body["UpdateReplacePolicy"] for resource in kept} == {"Retain"}
    # And nothing that could empty a bucket is deployed
    prod.assertions("storage").resource_count_is("Custom::S3AutoDeleteObjects", 0)
    prod.assertions("storage").resource_count_is("AWS::Lambda::Function", 0)
    prod.assertions("storage").has_resource_properties("AWS::KMS::Key", {"PendingWindowInDays": 30})


def test_dev_deletes_everything_and_empties_the_buckets_first(dev: Assembly) -> None:
    # Given an environment that doesn't retain data
    gone = dev.resources("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Logs::LogGroup")
    # Then all of it goes with the stacks
    assert {resource.body["DeletionPolicy"] for resource in gone} == {"Delete"}
    # And each bucket is emptied before
    emptied = {
        resource.properties["BucketName"]["Ref"] for resource in dev.resources("Custom::S3AutoDeleteObjects")
    }
    assert emptied == {bucket.logical_id for bucket in _buckets(dev)}
    dev.assertions("storage").has_resource_properties("AWS::KMS::Key", {"PendingWindowInDays": 7})


def test_the_topic_is_encrypted_and_refuses_what_is_not_tls(assembly: Assembly) -> None:
    # Given the topic that failures and approvals are told to
    template = assembly.assertions("training")
    template.resource_count_is("AWS::SNS::Topic", 1)
    template.has_resource_properties("AWS::SNS::Topic", {"KmsMasterKeyId": Match.any_value()})
    # Then publishing without TLS is denied
    template.has_resource_properties(
        "AWS::SNS::TopicPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Action": "sns:Publish",
                                "Effect": "Deny",
                                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                            }
                        )
                    ]
                )
            }
        },
    )


def test_a_subscription_is_there_only_when_someone_is_to_be_notified(
    prod: Assembly, concrete: Assembly
) -> None:
    # Given prod without an address, and the same with one
    # Then only the latter subscribes it
    prod.assertions("training").resource_count_is("AWS::SNS::Subscription", 0)
    concrete.assertions("training").resource_count_is("AWS::SNS::Subscription", 1)
    concrete.assertions("training").has_resource_properties(
        "AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "team@example.com"}
    )
