"""Everything that is accepted of what cdk-nag's packs and checkov find, each for its one reason.

`make acknowledgements ENV=prod` shows what each covers. A decision that nothing needs any more is taken out.
"""

from aws_cdk import CfnResource
from aws_cdk import aws_lambda as lambda_

from stacks.constructs.acknowledgement import Decision


def _in_nist_and_hipaa(rule: str) -> tuple[str, ...]:
    return (f"NIST.800.53.R5-{rule}", f"HIPAA.Security-{rule}")


# An ARN's beginning, as cdk-nag writes it; in a settled region, it is written out.
_IN_ACCOUNT = "arn:(<AWS::Partition>|aws[a-z-]*):{}:(<AWS::Region>|[a-z0-9-]+):<AWS::AccountId>:"
_BUCKET = r"(<\w+\.Arn>|[\w-]+:ExportsOutput\w+)"
_LITERAL = r"[\w.-]+"
_CLARIFY = r"clarify-[0-9a-f]{8}-\*"
_INSIDE_ONE_THING = (
    _IN_ACCOUNT.format("sagemaker") + rf"(model-package/{_LITERAL}"
    r"|(app|space|user-profile)/(<\w+\.DomainId>|<sagemaker:DomainId>))/\*",
    _IN_ACCOUNT.format("states") + r"execution:[\w:-]+:\*",
    _IN_ACCOUNT.format("logs") + rf"log-group:/[\w/-]+(:log-stream:{_LITERAL}-)?:?\*",
    _IN_ACCOUNT.format("cloudformation") + rf"stack/{_LITERAL}/\*",
    _IN_ACCOUNT.format("glue") + rf"table/{_LITERAL}/\*",
    _IN_ACCOUNT.format("cloudwatch") + rf"alarm:TargetTracking-endpoint/{_LITERAL}/variant/{_LITERAL}-\*",
    _IN_ACCOUNT.format("ssm") + rf"parameter/{_LITERAL}/switched-off/\*",
)

OBJECTS_BELOW_A_PREFIX = Decision(
    name="objects-below-a-prefix",
    rules=("AwsSolutions-IAM5",),
    form=rf"Resource::{_BUCKET}/({_LITERAL}/)+\*(/{_LITERAL})*",
    reason="The keys of a run's objects hold the run's id, so a role reaches those below a literal prefix of "
    "one named bucket; a workload's jobs those of the workload only.",
)
INSIDE_ONE_NAMED_THING = Decision(
    name="inside-one-named-thing",
    rules=("AwsSolutions-IAM5",),
    form=f"Resource::({'|'.join(_INSIDE_ONE_THING)})",
    reason="One log group, model package group, state machine, domain, stack or database is named in full; "
    "the streams, versions, executions, spaces and tables in it get their names when they are made.",
)
NO_RESOURCE_TO_NAME = Decision(
    name="no-resource-to-name",
    rules=("AwsSolutions-IAM5",),
    form=r"Resource::\*",
    reason="AWS defines no resource for these actions, so IAM takes them with * only; which they are is a "
    "list that is checked, and metrics are held to SageMaker's namespaces by a condition.",
)
IDS_THAT_SERVICES_DRAW = Decision(
    name="ids-that-services-draw",
    rules=("AwsSolutions-IAM5",),
    form=f"Resource::({_IN_ACCOUNT.format('ec2')}"
    r"(network-interface|security-group)"
    f"|{_IN_ACCOUNT.format('application-autoscaling')}"
    r"scalable-target)/\*",
    reason="EC2 draws the ids when SageMaker or EFS makes network interfaces and security groups, and "
    "Application Auto Scaling those of its targets; subnets, groups, the VPC, the owner's tag, or the "
    "service and the dimension that scales hold the grant.",
)
ENDPOINTS_OF_CLARIFY = Decision(
    name="endpoints-of-clarify",
    rules=("AwsSolutions-IAM5",),
    form=f"Resource::({_IN_ACCOUNT.format('sagemaker')}"
    rf"endpoint(-config)?/{_CLARIFY}"
    rf"|{_IN_ACCOUNT.format('logs')}log-group:/aws/sagemaker/Endpoints/{_CLARIFY}:\*)",
    reason="Clarify's job makes its endpoint itself, named by the time after a prefix that is the workload's "
    "alone in this environment; SageMaker names the log group by it.",
)
LOG_ROLE_OF_API_GATEWAY = Decision(
    name="log-role-of-api-gateway",
    rules=("AwsSolutions-IAM4",),
    form=r"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
    reason="API Gateway has one role for the logs of every API of an account and region, and refuses one "
    "with less than AWS's own policy.",
)
INLINE_WITH_ITS_WORKLOAD = Decision(
    name="inline-with-its-workload",
    rules=_in_nist_and_hipaa("IAMNoInlinePolicy"),
    reason="Each workload adds policies to the one role that cleans up and takes them away with itself; a "
    "role takes ten managed policies, which five workloads would use up.",
)
PUBLIC_METHODS = Decision(
    name="public-methods",
    rules=("AwsSolutions-APIG4", "AwsSolutions-COG4"),
    checkov=("CKV_AWS_59",),
    reason="The quiz is public and its visitors have no account; predictions with other workloads are there "
    "by setting only; throttling and, by setting, a firewall and API keys limit abuse.",
)
NO_EXECUTION_LOGS = Decision(
    name="no-execution-logs",
    rules=("AwsSolutions-APIG6", *_in_nist_and_hipaa("APIGWExecutionLoggingEnabled")),
    reason="Execution logs would hold visitors' answers; access logs, the function's structured logs and "
    "traces record every request without them.",
)
NO_FIREWALL = Decision(
    name="no-firewall",
    rules=("AwsSolutions-APIG3", "NIST.800.53.R5-APIGWAssociatedWithWAF"),
    reason="The settings leave the firewall, billed by the month, to environments that people rely on; "
    "throttling limits abuse here.",
)
NO_CACHE_OF_ANSWERS = Decision(
    name="no-cache-of-answers",
    rules=_in_nist_and_hipaa("APIGWCacheEnabledAndEncrypted"),
    checkov=("CKV_AWS_120",),
    reason="API Gateway caches GET only: the recommendation is a POST, whose answer changes with the model, "
    "and the health check has to be fresh.",
)
NO_CLIENT_CERTIFICATE = Decision(
    name="no-client-certificate",
    rules=_in_nist_and_hipaa("APIGWSSLEnabled"),
    reason="The certificate is for HTTP backends; behind this API are functions, which AWS invokes with "
    "signed calls that their resource policies hold to the one API, and answers of the gateway's own.",
)
KEY_OF_THE_WEBSITE = Decision(
    name="key-of-the-website",
    rules=("AwsSolutions-SMG4", *_in_nist_and_hipaa("SecretsManagerRotationEnabled")),
    reason="CloudFront and API Gateway are told the key when they are deployed, so a rotation in between "
    "would shut the website out; a new secret with the next deployment replaces it in both.",
)
EVERY_COUNTRY = Decision(
    name="every-country",
    rules=("AwsSolutions-CFR1",),
    reason="The quiz is for visitors of every country, so there is none to shut out.",
)
NO_FIREWALL_AT_THE_EDGE = Decision(
    name="no-firewall-at-the-edge",
    rules=("AwsSolutions-CFR2",),
    checkov=("CKV_AWS_68",),
    reason="A web ACL for CloudFront can only be made in one region, the stack fits every one; the page is "
    "static, and the API behind /api has throttling and, by setting, a web ACL of its own.",
)
DEFAULT_CERTIFICATE = Decision(
    name="default-certificate",
    rules=("AwsSolutions-CFR4",),
    checkov=("CKV_AWS_174",),
    reason="CloudFront's own domain and certificate allow TLS 1.0 whatever is set here; website.domain and "
    "website.certificate_arn in the settings raise it to TLS 1.2.",
)
RUNTIME_OF_THE_COPIER = Decision(
    name="runtime-of-the-copier",
    rules=("AwsSolutions-L1", "Serverless-LambdaLatestVersion"),
    reason="CDK's own function, with the AWS CLI in a layer, on the runtime that CDK tests it with; it runs "
    "during deployments only.",
)
FUNCTIONS_OUTSIDE_THE_VPC = Decision(
    name="functions-outside-the-vpc",
    rules=_in_nist_and_hipaa("LambdaInsideVPC"),
    checkov=("CKV_AWS_117",),
    reason="The functions call AWS's APIs only, each held by its role, and ingestion fetches public data; in "
    "the VPC, which has no way out, each service would need an endpoint billed by the hour.",
)
NO_RESERVED_CONCURRENCY = Decision(
    name="no-reserved-concurrency",
    rules=_in_nist_and_hipaa("LambdaConcurrency"),
    checkov=("CKV_AWS_115",),
    reason="A reservation takes its share from every other function of the account; runs and deployments "
    "call one at a time, and the API's stage limits how often its own are called.",
)
NO_DEAD_LETTERS_OF_FUNCTIONS = Decision(
    name="no-dead-letters-of-functions",
    rules=(*_in_nist_and_hipaa("LambdaDLQ"), "Serverless-LambdaDLQ"),
    checkov=("CKV_AWS_116",),
    reason="Dead letters are of asynchronous calls: state machines and the API call synchronously and see "
    "each fault, and CloudFormation waits for the answer to its own call and fails the deployment.",
)
LOGS_THAT_S3_DELIVERS = Decision(
    name="logs-that-s3-delivers",
    rules=_in_nist_and_hipaa("S3DefaultEncryptionKMS"),
    checkov=("CKV_AWS_18",),
    reason="S3 itself writes these buckets: under its own key (SSE-S3, AES-256) only, and a log of its own "
    "deliveries would be a delivery again, without end.",
)
PAGE_UNDER_S3S_KEY = Decision(
    name="page-under-s3s-key",
    rules=_in_nist_and_hipaa("S3DefaultEncryptionKMS"),
    reason="The page is public; its bucket is encrypted under S3's key, as a key of ours would have to name "
    "the distribution, which is made after it.",
)
NO_COPY_IN_ANOTHER_REGION = Decision(
    name="no-copy-in-another-region",
    rules=_in_nist_and_hipaa("S3BucketReplicationEnabled"),
    reason="A copy elsewhere is a decision about where data may be, which the platform can't take: "
    "objects are versioned and kept, raw data can be fetched again, and models be trained again from it.",
)
DEFAULT_GROUP_IS_UNUSED = Decision(
    name="default-group-is-unused",
    rules=_in_nist_and_hipaa("VPCDefaultSecurityGroupClosed"),
    reason="Nothing is in the VPC's default group, and its subnets have no way out; CloudFormation can't "
    "empty it, only a function that may change groups could.",
)
FIREWALL_WITHOUT_LOGS = Decision(
    name="firewall-without-logs",
    rules=_in_nist_and_hipaa("WAFv2LoggingEnabled"),
    reason="The firewall's metrics count what each rule refuses; its logs would hold visitors' addresses.",
)
STARTS_ARE_RETRIED = Decision(
    name="starts-are-retried",
    rules=("Serverless-EventBusDLQ",),
    reason="EventBridge retries the start of a state machine for a day; one that was lost can be made good, "
    "for an approval, a training or a comparison can be asked for again.",
)
MAIL_IS_FOR_PEOPLE = Decision(
    name="mail-is-for-people",
    rules=("Serverless-SNSRedrivePolicy",),
    reason="The topic's subscriber is a mail address; what it is told is in the executions and alarms as "
    "well, and nothing would read a queue of undelivered mail.",
)
TRAIL_WITHOUT_LOG_GROUP = Decision(
    name="trail-without-log-group",
    rules=_in_nist_and_hipaa("CloudTrailCloudWatchLogsEnabled"),
    reason="The settings leave the log group, billed by the event, to environments that people rely on; the "
    "trail's files in the bucket hold the same.",
)
NOTEBOOK_ON_THE_INTERNET = Decision(
    name="notebook-on-the-internet",
    rules=("AwsSolutions-SM3",),
    reason="In a public network the VPC has no endpoints, so the notebook reaches AWS by the Internet.",
)


_OF_FUNCTIONS = (FUNCTIONS_OUTSIDE_THE_VPC, NO_RESERVED_CONCURRENCY, NO_DEAD_LETTERS_OF_FUNCTIONS)


def accept_function(function: lambda_.IFunction) -> None:
    """Accept what holds for every function of the platform, those that the CDK makes included."""
    for decision in _OF_FUNCTIONS:
        decision.accept(function)


def accept_bare_function(function: CfnResource) -> None:
    """The same for one that the CDK makes as a plain resource, which cdk-nag doesn't look at."""
    for decision in _OF_FUNCTIONS:
        decision.skip(function)
