"""What holds for every role, and the roles of jobs, models and functions."""

import json
import re
from collections import Counter

import pytest

from stacks.constructs.wildcards import WITHOUT_RESOURCE
from tests.infrastructure.assembly import ACCOUNT, Assembly, Resource
from tests.infrastructure.job_needs import job_needs
from tests.infrastructure.policies import (
    Grant,
    Need,
    grants,
    idle,
    missing,
    role_named,
    roles,
    studio_roles,
)
from tests.infrastructure.state_machines import only_workload, state_machine

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST_POLICY, MOST_POLICIES = 6144, 10
# The beginning of a pattern that would take in every resource of a service or of a kind, or a whole bucket.
WHOLE = re.compile(r"arn:[a-z-]+:(s3:::([^/]+/)?|[a-z0-9-]+:[^:]*:[^:]*:([a-z-]+[:/])?)")
# What predicts whole files: it reads those uploaded for it, and writes where nothing else does.
BATCH_ROLE = "MysfitRecommenderBatchRole"


def _job_roles(assembly: Assembly) -> list[Resource]:
    """The roles of jobs and models; people's are in Studio."""
    people = studio_roles(assembly)
    return [
        role
        for role in roles(assembly)
        if "sagemaker" in str(role.properties["AssumeRolePolicyDocument"]) and role not in people
    ]


def _has_no_name_before(grant: Grant) -> bool:
    """Whether AWS names the resource as it makes it; where conditions can tell it, they do."""
    told = any(kind in grant.resource for kind in ("security-group/", "scalable-target/"))
    held = told and bool(grant.conditions)
    return held or "network-interface/" in grant.resource


def _arn(assembly: Assembly, role: Resource) -> str:
    return str(assembly.resolve(role.stack, {"Fn::GetAtt": [role.logical_id, "Arn"]}))


def _role_of(assembly: Assembly, function: Resource) -> Resource:
    [logical_id, _] = function.properties["Role"]["Fn::GetAtt"]
    return assembly.resource(function.stack, logical_id)


def _function(assembly: Assembly, handler: str) -> Resource:
    functions = assembly.resources("AWS::Lambda::Function")
    [function] = [f for f in functions if f.properties["Handler"] == handler]
    return function


def test_no_role_may_use_an_action_by_wildcard(assembly: Assembly) -> None:
    # Given every grant of every role
    for role in roles(assembly):
        for grant in grants(assembly, role):
            # Then its action is one action
            assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", grant.action), (role.logical_id, grant)


def test_every_resource_is_named_where_the_action_has_one(assembly: Assembly) -> None:
    for role in roles(assembly):
        # Given the actions that a role may use on everything
        unnamed = {grant.action for grant in grants(assembly, role) if grant.resource == "*"}
        # Then they are such as have no resource to name
        assert unnamed <= WITHOUT_RESOURCE, role.logical_id


def test_no_role_takes_more_policies_or_larger_ones_than_iam_gives(whole: Assembly) -> None:
    # Given what is attached to each role
    attached = Counter[str]()
    for policy in whole.resources("AWS::IAM::ManagedPolicy"):
        attached.update(whole.resolve(policy.stack, policy.properties["Roles"]))
        # Then no document is too large, of which IAM doesn't count the spaces
        document = whole.resolve(policy.stack, policy.properties["PolicyDocument"])
        assert len(re.sub(r"\s", "", json.dumps(document))) <= LARGEST_POLICY, policy.logical_id
    # And no role has too many
    assert max(attached.values()) <= MOST_POLICIES


def test_no_resource_is_a_whole_service_or_a_bucket_with_all_its_objects(assembly: Assembly) -> None:
    for role in roles(assembly):
        for grant in grants(assembly, role):
            # Given a resource that is a pattern
            # Then it begins with more than the service and the kind
            if "*" in grant.resource and grant.resource != "*" and not _has_no_name_before(grant):
                fixed = grant.resource.split("*")[0]
                assert not WHOLE.fullmatch(fixed), (role.logical_id, grant)


def test_a_workload_whose_name_goes_on_is_out_of_reach(assembly: Assembly) -> None:
    # Given names that runs and deployments of another workload, `<name>_tuned`, would give
    workload, digits = only_workload(assembly), "0123456789ab"
    run = f"{assembly.environment.resource_name(workload.slug)}-tuned-{digits}"
    names = [f"training-job/{run}-train", f"processing-job/{run}-prepare", f"transform-job/{run}-transform"]
    names += [f"model/{run}-candidate", f"model/{run}", f"endpoint-config/{run}"]
    names += [f"transform-job/{run}-batch", f"model/{run}-batch"]
    names += [f"endpoint/{assembly.environment.resource_name(workload.slug)}-tuned"]
    arns = [f"arn:aws:sagemaker:{assembly.region}:{ACCOUNT}:{name}" for name in names]
    for role in roles(assembly):
        for grant in grants(assembly, role):
            # Then no grant to this workload reaches them
            reached = [arn for arn in arns if grant.covers(Need(grant.action, arn))]
            assert not reached or grant.resource == "*", (role.logical_id, grant)


def test_metrics_are_written_in_sagemakers_namespaces_only(assembly: Assembly) -> None:
    for role in roles(assembly):
        for grant in grants(assembly, role):
            if grant.action == "cloudwatch:PutMetricData":
                assert grant.conditions == {"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}}


def test_every_pass_of_a_role_names_the_role_and_the_service(assembly: Assembly) -> None:
    # Given all grants to pass a role
    passing = [
        grant
        for role in roles(assembly)
        for grant in grants(assembly, role)
        if grant.action == "iam:PassRole"
    ]
    # Then each names one role of the platform, and SageMaker as the service that gets it
    assert len(passing) == 5
    arns = {_arn(assembly, role) for role in roles(assembly)}
    for grant in passing:
        assert grant.resource in arns
        assert grant.conditions == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_every_role_is_assumed_by_one_service(assembly: Assembly) -> None:
    for role in roles(assembly):
        # Given who may assume a role
        [statement] = role.properties["AssumeRolePolicyDocument"]["Statement"]
        # Then it is one of AWS's services, and nobody else; Studio also says for whom
        for_a_user = ["sts:AssumeRole", "sts:SetSourceIdentity"]
        assert statement["Action"] == (for_a_user if role in studio_roles(assembly) else "sts:AssumeRole")
        assert statement["Principal"].keys() == {"Service"}
        assert re.fullmatch(
            r"(apigateway|cloudtrail|events|lambda|sagemaker|states|vpc-flow-logs)\.amazonaws\.com",
            statement["Principal"]["Service"],
        )


def test_managed_policies_are_those_that_aws_asks_for(dev: Assembly, prod: Assembly) -> None:
    # Given the roles with policies that AWS manages
    def managed(assembly: Assembly) -> dict[str, list[str]]:
        return {
            re.sub("[0-9A-F]{8}$", "", role.logical_id): [
                arn.rpartition("/")[2] for arn in assembly.resolve(role.stack, policies)
            ]
            for role in roles(assembly)
            if (policies := role.properties.get("ManagedPolicyArns"))
        }

    # Then API Gateway has the one it insists on, and the function that empties dev's buckets the basic one
    api = {"ApiLogRole": ["AmazonAPIGatewayPushToCloudWatchLogs"]}
    emptier = {"CustomS3AutoDeleteObjectsCustomResourceProviderRole": ["AWSLambdaBasicExecutionRole"]}
    assert managed(prod) == api
    assert managed(dev) == {**emptier, **api}


def test_job_roles_may_do_all_that_their_jobs_do_and_nothing_else(assembly: Assembly) -> None:
    # Given what the jobs and models of the definitions do
    needed = job_needs(assembly)
    # When the roles that SageMaker assumes are looked at
    of_sagemaker = {_arn(assembly, role): grants(assembly, role) for role in _job_roles(assembly)}
    # Then each is some job's or model's, refuses it nothing, and allows nothing besides
    assert of_sagemaker.keys() == needed.keys()
    for arn, allowed in of_sagemaker.items():
        assert missing(needed[arn], allowed) == [], arn
        assert idle(needed[arn], allowed) == [], arn


def test_job_roles_reach_their_own_workloads_prefixes_only(assembly: Assembly) -> None:
    name = only_workload(assembly).name
    training = re.compile(rf"((raw|processed|code|runs)/{name}|code/_plotting)/\*")
    batch = re.compile(rf"(uploads/{name}/batch|runs/{name}|batch/{name})/\*")
    for role in _job_roles(assembly):
        own = batch if role.logical_id[:-8] == BATCH_ROLE else training
        for grant in grants(assembly, role):
            # Given a job role's grant on S3
            if grant.action == "s3:ListBucket":
                # Then listing is held to the workload's prefixes
                prefixes = grant.conditions["StringLike"]["s3:prefix"]
                assert all(own.fullmatch(p) for p in (prefixes if isinstance(prefixes, list) else [prefixes]))
            elif grant.action.startswith("s3:"):
                # And so are reading and writing
                assert own.fullmatch(grant.resource.partition("/")[2]), (role.logical_id, grant)


def test_no_job_may_change_the_raw_data_or_its_own_code(assembly: Assembly) -> None:
    for role in _job_roles(assembly):
        written = {
            grant.resource.partition("/")[2].split("/")[0]
            for grant in grants(assembly, role)
            if grant.action in {"s3:PutObject", "s3:DeleteObject"}
        }
        allowed = {"batch"} if role.logical_id[:-8] == BATCH_ROLE else {"processed", "runs"}
        assert written <= allowed, role.logical_id


@pytest.mark.parametrize("handler", ["resolve_run", "ingest", "smoke_prediction", "recommend"])
def test_functions_may_do_what_they_do_and_nothing_else(assembly: Assembly, handler: str) -> None:
    # Given a function and what it calls
    function = _function(assembly, f"{handler}.handler.handler")
    allowed = grants(assembly, _role_of(assembly, function))
    needs = [*_calls(assembly)[handler], *_logs_and_traces(assembly, function)]
    # Then its role allows all of it, and nothing besides
    assert missing(needs, allowed) == []
    assert idle(needs, allowed) == []


def test_a_source_in_another_bucket_may_be_read_where_the_settings_name_it(
    dev: Assembly, concrete: Assembly
) -> None:
    # Given a workload whose data is in a bucket of someone else's
    [source] = _configured_sources(concrete)
    for assembly, expected in ((concrete, [source.resource]), (dev, [])):
        # When the ingest function's grants on other buckets are read
        function = _function(assembly, "ingest.handler.handler")
        own = tuple(_bucket_arn(assembly, name) for name in ("Data", "Artifacts"))
        found = [
            grant.resource
            for grant in grants(assembly, _role_of(assembly, function))
            if grant.action.startswith("s3:") and not grant.resource.startswith(own)
        ]
        # Then it is that one object
        assert found == expected


def test_the_cleanup_may_delete_what_a_workload_left_and_nothing_else(assembly: Assembly) -> None:
    # Given the function that cleans up, and what it calls for the one workload
    function = _function(assembly, "cleanup.handler.is_complete")
    allowed = grants(assembly, _role_of(assembly, function))
    needs = [*_cleanup_calls(assembly), *_logs_and_traces(assembly, function)]
    # Then its role, whose policies two stacks write, allows all of it, and nothing besides
    assert missing(needs, allowed) == []
    assert idle(needs, allowed) == []
    # And the function that only names a clean-up may do nothing
    naming = _function(assembly, "cleanup.handler.on_event")
    assert idle(_logs_and_traces(assembly, naming), grants(assembly, _role_of(assembly, naming))) == []


def test_scripts_are_copied_by_a_role_that_adds_below_their_prefix_only(assembly: Assembly) -> None:
    # Given the role of the CDK's function that copies the scripts
    allowed = grants(assembly, role_named(assembly, "training", "CodeDeployerRole"))
    # Then it reads the archives of the scripts and of the plotting library, and writes below code/
    reading = [grant.resource for grant in allowed if grant.action == "s3:GetObject"]
    assert [re.sub("[0-9a-f]{64}", "<hash>", resource) for resource in reading] == [
        f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-{assembly.region}/<hash>.zip"
    ] * 2
    writing = {grant.resource for grant in allowed if grant.action == "s3:PutObject"}
    assert writing == {f"{_bucket_arn(assembly, 'Artifacts')}/code/*"}


def test_an_approval_may_start_its_workloads_deployment_and_nothing_else(assembly: Assembly) -> None:
    # Given the role that EventBridge acts as
    [role] = [r for r in roles(assembly) if "events.amazonaws" in str(r.properties)]
    # Then it starts the one machine
    [grant] = grants(assembly, role)
    machine = state_machine(assembly, "serving").resource
    assert grant.action == "states:StartExecution"
    assert grant.resource == assembly.resolve(machine.stack, {"Ref": machine.logical_id})


def test_nobody_but_the_emptier_and_the_cleanup_may_delete(assembly: Assembly) -> None:
    # Given the grants to delete anything
    deleting = {
        (role.stack, re.sub("[0-9A-F]{8}$", "", role.logical_id))
        for role in roles(assembly)
        for grant in grants(assembly, role)
        if "Delete" in grant.action and grant.action not in {"logs:DeleteLogDelivery"}
        if not grant.action.startswith("ec2:") and role.stack != "studio"  # which has a test of its own
    }
    # Then they are the machines', for what they made, and the clean-up's
    machine, batch = "MysfitRecommenderStateMachineRole", "MysfitRecommenderBatchStateMachineRole"
    machines = {("training", machine), ("serving", machine), ("serving", batch)}
    assert deleting - machines == {("training", "CleanupIsCompleteRole")}


def _calls(assembly: Assembly) -> dict[str, list[Need]]:
    """What the functions call besides writing logs and traces."""
    workload, region = only_workload(assembly), assembly.region
    data, artifacts = (_bucket_arn(assembly, name) for name in ("Data", "Artifacts"))
    [key] = assembly.resources("AWS::KMS::Key")
    key_arn = assembly.resolve(key.stack, {"Fn::GetAtt": [key.logical_id, "Arn"]})
    decrypt, encrypt = Need("kms:Decrypt", key_arn), Need("kms:GenerateDataKey", key_arn)
    endpoint = assembly.environment.resource_name(workload.slug)
    invoke = Need("sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:{region}:{ACCOUNT}:endpoint/{endpoint}")
    run = f"{artifacts}/runs/{workload.name}/0123456789ab"
    raw = f"{data}/raw/{workload.name}/0123456789abcdef/answers.csv"
    return {
        "resolve_run": [Need("s3:PutObject", f"{run}/settings.json"), encrypt],
        "ingest": [
            Need("s3:GetObject", f"{data}/uploads/{workload.name}/0123/answers.csv"),
            Need("s3:GetObject", raw),
            Need("s3:PutObject", raw),
            Need("s3:PutObject", f"{run}/data.json"),
            Need("s3:ListBucket", data),  # without it a missing object is "access denied"
            *_configured_sources(assembly),
            decrypt,
            encrypt,
        ],
        "smoke_prediction": [Need("s3:GetObject", f"{run}/evaluation/sample.json"), invoke, decrypt],
        "recommend": [invoke],
    }


def _cleanup_calls(assembly: Assembly) -> list[Need]:
    workload, digits = only_workload(assembly), "0123456789ab"
    endpoint = assembly.environment.resource_name(workload.slug)
    sagemaker = f"arn:aws:sagemaker:{assembly.region}:{ACCOUNT}"
    groups = f"arn:aws:logs:{assembly.region}:{ACCOUNT}:log-group:/aws/sagemaker"
    calls = [
        *(Need(f"sagemaker:List{kind}", "*") for kind in ("EndpointConfigs", "Endpoints", "ModelPackages")),
        Need("sagemaker:ListModels", "*"),
        Need("sagemaker:DeleteEndpoint", f"{sagemaker}:endpoint/{endpoint}"),
        Need("sagemaker:DeleteEndpointConfig", f"{sagemaker}:endpoint-config/{endpoint}-{digits}"),
        Need("sagemaker:DeleteModel", f"{sagemaker}:model/{endpoint}-{digits}"),
        Need("sagemaker:DeleteModel", f"{sagemaker}:model/{endpoint}-{digits}-batch"),
        Need("sagemaker:DeleteModel", f"{sagemaker}:model/{endpoint}-{digits}-candidate"),
        Need("logs:DeleteLogGroup", f"{groups}/Endpoints/{endpoint}:*"),
        *_stopping_to_scale(assembly, endpoint),
        Need(
            "ssm:DeleteParameters",
            f"arn:aws:ssm:{assembly.region}:{ACCOUNT}:parameter/{assembly.environment.prefix}/switched-off/{workload.slug}",
        ),
    ]
    if not assembly.environment.retain_data:
        calls.append(Need("sagemaker:DeleteModelPackage", f"{sagemaker}:model-package/{endpoint}/1"))
        calls += [
            Need(f"logs:{action}", f"{groups}/{kind}Jobs:*")
            for kind in ("Processing", "Training", "Transform")
            for action in ("DeleteLogGroup", "DeleteLogStream", "DescribeLogStreams")
        ]
    return calls


def _stopping_to_scale(assembly: Assembly, endpoint: str) -> list[Need]:
    """Deleting an endpoint deregisters its variant, as the caller."""
    here = f"{assembly.region}:{ACCOUNT}"
    keys = (
        ("application-autoscaling:service-namespace", "sagemaker"),
        ("application-autoscaling:scalable-dimension", "sagemaker:variant:DesiredInstanceCount"),
    )
    target = f"arn:aws:application-autoscaling:{here}:scalable-target/0a1b2c3d"
    alarm = f"alarm:TargetTracking-endpoint/{endpoint}/variant/AllTraffic-AlarmHigh-0a1b2c3d"
    actions = ("DeleteScalingPolicy", "DeregisterScalableTarget")
    return [
        *(Need(f"application-autoscaling:{action}", target, keys) for action in actions),
        Need("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{here}:{alarm}"),
    ]


def _configured_sources(assembly: Assembly) -> list[Need]:
    sources = [file.source or "" for file in only_workload(assembly).data.files]
    objects = [source.removeprefix("s3://") for source in sources if source.startswith("s3://")]
    return [Need("s3:GetObject", f"arn:aws:s3:::{name}") for name in objects]


def _logs_and_traces(assembly: Assembly, function: Resource) -> list[Need]:
    group = function.properties["LoggingConfig"]["LogGroup"]["Ref"]
    arn = assembly.resolve(function.stack, {"Fn::GetAtt": [group, "Arn"]}).removesuffix("*")
    logs = [Need(action, f"{arn}log-stream:a") for action in ("logs:CreateLogStream", "logs:PutLogEvents")]
    return [*logs, *(Need(action, "*") for action in ("xray:PutTelemetryRecords", "xray:PutTraceSegments"))]


def _bucket_arn(assembly: Assembly, beginning: str) -> str:
    [bucket] = [b for b in assembly.resources("AWS::S3::Bucket") if b.logical_id[:-8] == beginning]
    return str(assembly.resolve(bucket.stack, {"Fn::GetAtt": [bucket.logical_id, "Arn"]}))
