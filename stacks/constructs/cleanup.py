"""Deletes, when a workload or the stack goes, what its state machines made outside of CloudFormation."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.arns import endpoint_log_group, log_group_arn, parameter_arn, sagemaker_arn
from stacks.constructs.clarify_states import shadow_endpoint_prefix, shadow_log_groups
from stacks.constructs.decisions import INLINE_WITH_ITS_WORKLOAD
from stacks.constructs.polling_provider import PollingCode, PollingProvider
from stacks.constructs.scaling_access import allow_stopping
from stacks.constructs.state_machine import EXECUTION_DIGITS
from stacks.constructs.wildcards import accept_wildcards

LONGEST = Duration.minutes(30)
JOB_LOG_GROUPS = [f"/aws/sagemaker/{kind}Jobs" for kind in ("Processing", "Training", "Transform")]


class CleanupProvider(PollingProvider):
    """The functions behind the clean-ups."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, key: kms.IKey
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            code=PollingCode(
                package="cleanup", naming="Names the clean-up", polling="Cleans up, look by look"
            ),
            calling="Calls a function of the clean-up",
            longest=LONGEST,
            environment=environment,
            key=key,
        )
        self.polling_role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[
                    "sagemaker:ListEndpointConfigs",
                    "sagemaker:ListEndpoints",
                    "sagemaker:ListModelPackages",
                    "sagemaker:ListModels",
                ],
                resources=["*"],
            )
        )


class EndpointCleanup(Construct):
    """Deletes a workload's endpoint, what deployments made for it and batches left, once this is deleted.

    It has a policy of its own, which outlives it: so it works too when only the workload is taken away. The
    policy is named by the construct's path; on a role that stacks share, two of one name would be one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        switch_parameter: str,
        provider: CleanupProvider,
    ) -> None:
        super().__init__(scope, construct_id)
        policy = _policy(self, provider)
        _allow(policy, ["sagemaker:DeleteEndpoint"], sagemaker_arn(self, "endpoint", endpoint_name))
        allow_stopping(policy, endpoint_name)
        made = f"{endpoint_name}-{EXECUTION_DIGITS}"
        _allow(policy, ["sagemaker:DeleteEndpointConfig"], sagemaker_arn(self, "endpoint-config", made))
        for model in (made, f"{made}-batch"):
            _allow(policy, ["sagemaker:DeleteModel"], sagemaker_arn(self, "model", model))
        group = log_group_arn(self, endpoint_log_group(endpoint_name))
        _allow(policy, ["logs:DeleteLogGroup"], group)
        _allow(policy, ["ssm:DeleteParameters"], parameter_arn(self, switch_parameter))
        properties = {"EndpointName": endpoint_name, "SwitchParameter": switch_parameter}
        provider.add_resource(self, "Custom::EndpointCleanup", properties, policy)


class TrainingCleanup(Construct):
    """Deletes what a workload's runs left, once this is deleted: candidate models and Clarify's endpoints of
    aborted runs, the log groups of all of Clarify's endpoints and, where data isn't retained, the jobs' log
    streams and the registered model packages.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        model_package_group_name: str,
        environment: Environment,
        provider: CleanupProvider,
    ) -> None:
        super().__init__(scope, construct_id)
        log_groups = [] if environment.retain_data else JOB_LOG_GROUPS
        package_groups = [] if environment.retain_data else [model_package_group_name]
        policy = _policy(self, provider)
        jobs = environment.resource_name(workload.slug)
        candidates = sagemaker_arn(self, "model", f"{jobs}-{EXECUTION_DIGITS}-candidate")
        _allow(policy, ["sagemaker:DeleteModel"], candidates)
        shadows = [f"{shadow_endpoint_prefix(jobs)}-"] if workload.clarify else []
        for prefix in shadows:
            for kind, action in (("endpoint", "DeleteEndpoint"), ("endpoint-config", "DeleteEndpointConfig")):
                _allow(policy, [f"sagemaker:{action}"], sagemaker_arn(self, kind, f"{prefix}*"))
            _allow(policy, ["logs:DescribeLogGroups"], "*")
            _allow(policy, ["logs:DeleteLogGroup"], log_group_arn(self, shadow_log_groups(jobs)))
        for name in package_groups:
            packages = sagemaker_arn(self, "model-package", f"{name}/*")
            _allow(policy, ["sagemaker:DeleteModelPackage"], packages)
        for name in log_groups:
            actions = ["logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:DescribeLogStreams"]
            _allow(policy, actions, log_group_arn(self, name))
        properties = {
            "JobNamePrefix": jobs,
            "TuningJobNamePrefix": workload.slug,
            "JobLogGroups": log_groups,
            "ModelPackageGroups": package_groups,
            "ShadowEndpointPrefixes": shadows,
        }
        provider.add_resource(self, "Custom::TrainingCleanup", properties, policy)


def _policy(scope: Construct, provider: CleanupProvider) -> iam.Policy:
    policy = iam.Policy(scope, "Policy", roles=[provider.polling_role])
    INLINE_WITH_ITS_WORKLOAD.accept(policy)
    accept_wildcards(policy)
    return policy


def _allow(policy: iam.Policy, actions: list[str], resource: str) -> None:
    policy.add_statements(iam.PolicyStatement(actions=actions, resources=[resource]))
