"""What is in an account, service by service: for each type of resource in a template, who lists it.

A test fails for a type that is neither here nor a part of one that is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Client = Callable[[str], Any]

# Resources that are gone with the one they belong to.
PARTS = {
    "AWS::ApiGateway::Deployment": "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::GatewayResponse": "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Method": "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Model": "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::RequestValidator": "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Resource": "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage": "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::UsagePlanKey": "AWS::ApiGateway::UsagePlan",
    "AWS::CloudWatch::CompositeAlarm": "AWS::CloudWatch::Alarm",
    "AWS::EC2::SecurityGroupEgress": "AWS::EC2::SecurityGroup",
    "AWS::EC2::SecurityGroupIngress": "AWS::EC2::SecurityGroup",
    "AWS::EC2::SubnetRouteTableAssociation": "AWS::EC2::RouteTable",
    "AWS::Glue::Table": "AWS::Glue::Database",
    "AWS::IAM::Policy": "AWS::IAM::Role",
    "AWS::Lambda::EventInvokeConfig": "AWS::Lambda::Function",
    "AWS::Lambda::Permission": "AWS::Lambda::Function",
    "AWS::Logs::MetricFilter": "AWS::Logs::LogGroup",
    "AWS::S3::BucketPolicy": "AWS::S3::Bucket",
    "AWS::SNS::TopicPolicy": "AWS::SNS::Topic",
    "AWS::SQS::QueuePolicy": "AWS::SQS::Queue",
    "AWS::WAFv2::WebACLAssociation": "AWS::WAFv2::WebACL",
}
# A setting of the account, which CloudFormation leaves as it is when the resource is deleted:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-account.html
SETTINGS = frozenset({"AWS::ApiGateway::Account"})
# What they make is listed with the service that has it.
CUSTOM = "Custom::"


class Lister(NamedTuple):
    """The call that lists a kind of resource: `items` is where the answer has them, dots between members."""

    service: str
    operation: str
    items: str
    name: str
    arguments: Mapping[str, Any] = {}


def _ec2(operation: str, items: str, name: str) -> Lister:
    return Lister("ec2", operation, items, name)


def _sagemaker(kind: str, items: str, name: str) -> Lister:
    return Lister("sagemaker", f"list_{kind}", items, name)


def _scaling(operation: str, items: str, name: str) -> Lister:
    return Lister("application-autoscaling", operation, items, name, {"ServiceNamespace": "sagemaker"})


LISTERS = {
    "AWS::ApiGateway::ApiKey": Lister("apigateway", "get_api_keys", "items", "name"),
    "AWS::ApiGateway::RestApi": Lister("apigateway", "get_rest_apis", "items", "name"),
    "AWS::ApiGateway::UsagePlan": Lister("apigateway", "get_usage_plans", "items", "name"),
    "AWS::ApplicationAutoScaling::ScalableTarget": _scaling(
        "describe_scalable_targets", "ScalableTargets", "ResourceId"
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": _scaling(
        "describe_scaling_policies", "ScalingPolicies", "PolicyName"
    ),
    "AWS::Athena::NamedQuery": Lister("athena", "list_named_queries", "NamedQueryIds", ""),
    "AWS::Athena::WorkGroup": Lister("athena", "list_work_groups", "WorkGroups", "Name"),
    "AWS::Budgets::Budget": Lister(
        "budgets", "describe_budgets", "Budgets", "BudgetName", {"AccountId": "000000000000"}
    ),
    "AWS::CloudFront::CachePolicy": Lister(
        "cloudfront",
        "list_cache_policies",
        "CachePolicyList.Items",
        "CachePolicy.Id",
        {"Type": "custom"},
    ),
    "AWS::CloudFront::Distribution": Lister(
        "cloudfront", "list_distributions", "DistributionList.Items", "Id"
    ),
    "AWS::CloudFront::Function": Lister("cloudfront", "list_functions", "FunctionList.Items", "Name"),
    "AWS::CloudFront::OriginAccessControl": Lister(
        "cloudfront", "list_origin_access_controls", "OriginAccessControlList.Items", "Id"
    ),
    "AWS::CloudFront::ResponseHeadersPolicy": Lister(
        "cloudfront",
        "list_response_headers_policies",
        "ResponseHeadersPolicyList.Items",
        "ResponseHeadersPolicy.Id",
        {"Type": "custom"},
    ),
    "AWS::CloudTrail::Trail": Lister("cloudtrail", "list_trails", "Trails", "Name"),
    "AWS::CloudWatch::Alarm": Lister("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "AWS::CloudWatch::Dashboard": Lister(
        "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"
    ),
    "AWS::EC2::FlowLog": _ec2("describe_flow_logs", "FlowLogs", "FlowLogId"),
    "AWS::EC2::RouteTable": _ec2("describe_route_tables", "RouteTables", "RouteTableId"),
    "AWS::EC2::SecurityGroup": _ec2("describe_security_groups", "SecurityGroups", "GroupId"),
    "AWS::EC2::Subnet": _ec2("describe_subnets", "Subnets", "SubnetId"),
    "AWS::EC2::VPC": _ec2("describe_vpcs", "Vpcs", "VpcId"),
    "AWS::EC2::VPCEndpoint": _ec2("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    "AWS::Events::Rule": Lister("events", "list_rules", "Rules", "Name"),
    "AWS::Glue::Database": Lister("glue", "get_databases", "DatabaseList", "Name"),
    "AWS::IAM::ManagedPolicy": Lister("iam", "list_policies", "Policies", "PolicyName", {"Scope": "Local"}),
    "AWS::IAM::Role": Lister("iam", "list_roles", "Roles", "RoleName"),
    "AWS::KMS::Alias": Lister("kms", "list_aliases", "Aliases", "AliasName"),
    "AWS::Lambda::Function": Lister("lambda", "list_functions", "Functions", "FunctionName"),
    "AWS::Lambda::LayerVersion": Lister("lambda", "list_layers", "Layers", "LayerName"),
    "AWS::Logs::LogGroup": Lister("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "AWS::Logs::ResourcePolicy": Lister(
        "logs", "describe_resource_policies", "resourcePolicies", "policyName"
    ),
    "AWS::S3::Bucket": Lister("s3", "list_buckets", "Buckets", "Name"),
    "AWS::SNS::Subscription": Lister("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    "AWS::SNS::Topic": Lister("sns", "list_topics", "Topics", "TopicArn"),
    "AWS::SQS::Queue": Lister("sqs", "list_queues", "QueueUrls", ""),
    "AWS::SageMaker::Domain": _sagemaker("domains", "Domains", "DomainId"),
    "AWS::SageMaker::ModelPackageGroup": _sagemaker(
        "model_package_groups", "ModelPackageGroupSummaryList", "ModelPackageGroupName"
    ),
    "AWS::SageMaker::NotebookInstance": _sagemaker(
        "notebook_instances", "NotebookInstances", "NotebookInstanceName"
    ),
    "AWS::SageMaker::NotebookInstanceLifecycleConfig": _sagemaker(
        "notebook_instance_lifecycle_configs",
        "NotebookInstanceLifecycleConfigs",
        "NotebookInstanceLifecycleConfigName",
    ),
    "AWS::SageMaker::Space": _sagemaker("spaces", "Spaces", "SpaceName"),
    "AWS::SageMaker::StudioLifecycleConfig": _sagemaker(
        "studio_lifecycle_configs", "StudioLifecycleConfigs", "StudioLifecycleConfigName"
    ),
    "AWS::SageMaker::UserProfile": _sagemaker("user_profiles", "UserProfiles", "UserProfileName"),
    "AWS::SecretsManager::Secret": Lister("secretsmanager", "list_secrets", "SecretList", "Name"),
    "AWS::StepFunctions::StateMachine": Lister(
        "stepfunctions", "list_state_machines", "stateMachines", "name"
    ),
    "AWS::WAFv2::WebACL": Lister("wafv2", "list_web_acls", "WebACLs", "Name", {"Scope": "REGIONAL"}),
}
"""By the type of a template's resource."""

MADE_MEANWHILE = {
    "endpoints": _sagemaker("endpoints", "Endpoints", "EndpointName"),
    "endpoint configurations": _sagemaker("endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
    "models": _sagemaker("models", "Models", "ModelName"),
    "file systems": Lister("efs", "describe_file_systems", "FileSystems", "FileSystemId"),
    "parameters": Lister("ssm", "describe_parameters", "Parameters", "Name"),
    "scalable targets": _scaling("describe_scalable_targets", "ScalableTargets", "ResourceId"),
    "network interfaces": _ec2("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    "stacks": Lister("cloudformation", "describe_stacks", "Stacks", "StackName"),
}
"""What no template has: state machines, services and people make it."""

Inventory = dict[str, frozenset[str]]


def unknown_types(types: set[str]) -> set[str]:
    """The types of resources that nothing here lists."""
    known = LISTERS.keys() | _SPECIAL.keys() | PARTS.keys() | SETTINGS
    return {each for each in types if not each.startswith(CUSTOM) and each not in known}


def inventory(client: Client, types: set[str]) -> Inventory:
    """The names of all that there is in the services of these types, and of what is made meanwhile."""
    services = {_service(each) for each in types}
    found = {
        kind: frozenset(_listed(client, lister))
        for kind, lister in LISTERS.items()
        if _service(kind) in services
    }
    found |= {kind: frozenset(_listed(client, lister)) for kind, lister in MADE_MEANWHILE.items()}
    return found | {kind: frozenset(listed(client)) for kind, listed in _SPECIAL.items()}


def added(before: Inventory, after: Inventory) -> dict[str, set[str]]:
    """What is in an account that was not there before; kinds without anything new are left out."""
    return {kind: set(names - before[kind]) for kind, names in after.items() if names - before[kind]}


def _service(resource_type: str) -> str:
    return resource_type.rpartition("::")[0]


def _listed(client: Client, lister: Lister) -> Iterator[str]:
    api = client(lister.service)
    if api.can_paginate(lister.operation):
        answers = api.get_paginator(lister.operation).paginate(**lister.arguments)
    else:
        answers = [getattr(api, lister.operation)(**lister.arguments)]
    for answer in answers:
        for item in _member(answer, lister.items) or []:
            yield str(_member(item, lister.name))


def _member(value: Any, path: str) -> Any:
    for name in filter(None, path.split(".")):
        value = (value or {}).get(name)
    return value


def _keys_in_use(client: Client) -> Iterator[str]:
    """A key is deleted after days of waiting, and AWS's own keys are nobody's to delete."""
    kms = client("kms")
    for key in kms.list_keys()["Keys"]:
        described = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if described["KeyManager"] == "CUSTOMER" and described["KeyState"] != "PendingDeletion":
            yield key["KeyId"]


def _apps(client: Client) -> Iterator[str]:
    """SageMaker lists apps for a while after their end."""
    for app in client("sagemaker").list_apps()["Apps"]:
        if app["Status"] != "Deleted":
            yield f"{app['DomainId']}/{app.get('SpaceName')}/{app['AppName']}"


_SPECIAL: dict[str, Callable[[Client], Iterator[str]]] = {
    "AWS::KMS::Key": _keys_in_use,
    "apps": _apps,
}
