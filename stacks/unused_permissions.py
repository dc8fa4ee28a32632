"""Why roles are granted what no whole life of the platform on the local AWS uses.

`manage.py local permissions` shows the reasons, and names those that explain nothing any more.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Reason:
    """Why roles whose names match `role` are granted what matches one of `actions`, unused as it is."""

    role: str
    actions: tuple[str, ...]
    text: str

    def explains(self, role: str, action: str) -> bool:
        """Whether this is about the role and the action."""
        return fnmatchcase(role, self.role) and any(fnmatchcase(action, one) for one in self.actions)


REASONS = (
    # What the local AWS doesn't have.
    Reason(
        "*",
        ("xray:*",),
        "tracing: the local AWS has no X-Ray",
    ),
    Reason(
        "*",
        ("ecr:*",),
        "pulling the container's image: the local AWS has no registry",
    ),
    Reason(
        "*",
        ("cloudwatch:PutMetricData",),
        "SageMaker publishes its instances' metrics as the role: the local AWS has no instances",
    ),
    Reason(
        "*",
        ("kms:CreateGrant", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"),
        "the key is handed to encrypted disks: the local AWS has none",
    ),
    Reason(
        "*-network-*FlowLog*",
        ("logs:*",),
        "flow logs: nothing flows in the local AWS's network",
    ),
    Reason(
        "*-ApiLogRole*",
        ("logs:*",),
        "AWS's own policy AmazonAPIGatewayPushToCloudWatchLogs, for a setting of the account: the local AWS "
        "writes no logs of API Gateway",
    ),
    Reason(
        "*-website-DeploymentRole*",
        ("cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"),
        "a new page takes the old one out of CloudFront's caches: the local AWS caches nothing",
    ),
    # What AWS asks for in its documentation, and the local AWS, knowing no more, doesn't.
    Reason(
        "*",
        ("logs:DescribeLogStreams",),
        "AWS's policy for jobs and models has it: "
        "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html",
    ),
    Reason(
        "*StateMachineRo*",
        ("logs:DeleteLogDelivery",),
        "AWS's policy for logging has it: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
    ),
    Reason(
        "*-training-*StateMachineRo*",
        ("sagemaker:ListTags",),
        "AWS's policy for jobs that are waited for has it: "
        "https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html",
    ),
    Reason(
        "*-training-*StateMachineRo*",
        ("sagemaker:CreateModelPackage",),
        "AWS holds it against the group and against the package; the local AWS against the package only",
    ),
    # What takes a failure that the life has not.
    Reason(
        "*",
        ("s3:AbortMultipartUpload",),
        "an upload in parts that fails is taken back; parts are paid for otherwise",
    ),
)
