"""Why roles are granted what no whole life of the platform on the local AWS uses.

`manage.py local permissions` shows the reasons, and names those that explain nothing any more.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Reason:
    """Why roles whose names match one of `roles` are granted what matches one of `actions`, unused."""

    roles: tuple[str, ...]
    actions: tuple[str, ...]
    text: str

    def explains(self, role: str, action: str) -> bool:
        """Whether this is about the role and the action."""
        return _matches(role, self.roles) and _matches(action, self.actions)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


REASONS = (
    # What the local AWS doesn't have.
    Reason(
        ("*",),
        ("xray:*",),
        "tracing: the local AWS has no X-Ray",
    ),
    Reason(
        ("*",),
        ("ecr:*",),
        "pulling the container's image: the local AWS has no registry",
    ),
    Reason(
        ("*",),
        ("cloudwatch:PutMetricData",),
        "SageMaker publishes its instances' metrics as the role: the local AWS has no instances",
    ),
    Reason(
        ("*",),
        ("kms:CreateGrant", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"),
        "the key is handed to encrypted disks, of which the local AWS has none: "
        "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html",
    ),
    Reason(
        ("*-studio-*",),
        ("sagemaker:CreatePresignedDomainUrl",),
        "AWS's policy for private spaces has it, which Studio opens so: there is nothing to open in the "
        "local AWS",
    ),
    Reason(
        ("*-network-*FlowLog*",),
        ("logs:*",),
        "flow logs: nothing flows in the local AWS's network",
    ),
    Reason(
        ("*-ApiLogRole*",),
        ("logs:*",),
        "AWS's own policy AmazonAPIGatewayPushToCloudWatchLogs, for a setting of the account: the local AWS "
        "writes no logs of API Gateway",
    ),
    Reason(
        ("*-website-DeploymentRole*",),
        ("cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"),
        "a new page takes the old one out of CloudFront's caches: the local AWS caches nothing",
    ),
    Reason(
        ("*-CustomS3AutoDelete*",),
        ("logs:*",),
        "AWS's own policy AWSLambdaBasicExecutionRole, which the CDK gives: in the local AWS, the function "
        "that empties buckets is native, and logs nothing",
    ),
    Reason(
        ("*-CodeDeployerRole*", "*-website-DeploymentRole*"),
        ("logs:CreateLogStream", "logs:PutLogEvents", "s3:ListBucket"),
        "the CDK's function copies with `aws s3 sync`: the local AWS copies natively, object by object",
    ),
    Reason(
        ("*EventRole*", "*PollingRole*"),
        ("lambda:GetFunction", "logs:CreateLogStream", "logs:PutLogEvents"),
        "the CDK's framework looks whether the function is ready, and logs: in the local AWS it is native",
    ),
    Reason(
        ("*TrainingRole*",),
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        "Debugger's rule is a processing job that logs as this role: the local AWS's rule logs nothing",
    ),
    # What AWS asks for in its documentation, and the local AWS, knowing no more, doesn't.
    Reason(
        ("*",),
        ("logs:DescribeLogStreams",),
        "AWS's policy for jobs and models has it: "
        "https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html",
    ),
    Reason(
        ("*[Ss]tate[Mm]achineRo*",),
        ("logs:DeleteLogDelivery",),
        "AWS's policy for logging has it: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
    ),
    Reason(
        ("*StateMachineRo*",),
        ("sagemaker:ListTags",),
        "AWS's policy for jobs that are waited for has it: "
        "https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html",
    ),
    Reason(
        ("*-training-*StateMachineRo*",),
        ("sagemaker:CreateModelPackage",),
        "AWS holds it against the group and against the package; the local AWS against the package only",
    ),
    Reason(
        ("*HostingRole*",),
        ("cloudwatch:DescribeAlarms",),
        "the local AWS looks at an update's alarms as its caller only; AWS asks for both: "
        "https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html",
    ),
    Reason(
        ("*-studio-*",),
        ("glue:GetDatabase", "glue:GetTables"),
        "AWS holds these against the catalogue, the database and the tables: "
        "https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html",
    ),
    Reason(
        ("*-CodeDeployerRole*",),
        ("kms:Decrypt",),
        "`aws s3 sync` uploads large files in parts, which takes it: the local AWS copies natively",
    ),
    # What happens once.
    Reason(
        ("*",),
        ("logs:CreateLogGroup",),
        "the first job of its kind in a region makes the log group",
    ),
    # What takes a failure that the life has not.
    Reason(
        ("*-studio-*",),
        ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
        "Athena writes large answers in parts, as who asks; AWS's policy for it has both: "
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonAthenaFullAccess.html",
    ),
    Reason(
        ("*-IngestRole*",),
        ("s3:ListBucket",),
        "without it, AWS answers for a source that is missing that it is forbidden",
    ),
    Reason(
        ("*waiterstatemachineRo*",),
        ("lambda:InvokeFunction",),
        "a custom resource that takes too long; and functions' versions, which the CDK grants with them",
    ),
    Reason(
        ("*-CleanupIsCompleteRole*",),
        ("sagemaker:Delete*",),
        "models and endpoints that runs leave which were cut short",
    ),
    Reason(
        ("*-serving-*StateMachineRo*", "*-CleanupIsCompleteRole*"),
        ("application-autoscaling:De*", "cloudwatch:DeleteAlarms"),
        "an endpoint that scales is kept from it before it goes; none of dev's scales",
    ),
    Reason(
        ("*ClarifyRole*",),
        ("sagemaker:AddTags",),
        "Clarify's endpoint carries the job's tags: the local AWS's carries none",
    ),
    Reason(
        ("*-monitoring-*RuleRole*",),
        ("states:StartExecution",),
        "the schedule's hour doesn't come within the life",
    ),
)
