"""ARNs, and names, of resources that others than CloudFormation create."""

from aws_cdk import ArnFormat, Stack
from constructs import Construct


def sagemaker_arn(scope: Construct, resource: str, name: str) -> str:
    """The ARN of a SageMaker resource in the scope's account and region."""
    return Stack.of(scope).format_arn(service="sagemaker", resource=resource, resource_name=name)


def parameter_arn(scope: Construct, name: str) -> str:
    """ARN of a parameter of Systems Manager, whose name begins with a slash."""
    return Stack.of(scope).format_arn(service="ssm", resource="parameter", resource_name=name.lstrip("/"))


def log_group_arn(scope: Construct, name: str) -> str:
    """What IAM calls a log group and its streams; the name may be a pattern.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
    """
    return Stack.of(scope).format_arn(
        service="logs",
        resource="log-group",
        resource_name=f"{name}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def endpoint_log_group(endpoint_name: str) -> str:
    """Name of the log group that SageMaker writes an endpoint's logs to; the endpoint's may be a pattern.

    https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html
    """
    return f"/aws/sagemaker/Endpoints/{endpoint_name}"
