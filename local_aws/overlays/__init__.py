"""What ministack drops or gets wrong and deployed stacks rely on: a module and a contract test for each.

An overlay is a module with `HOOKS`, the ministack names it relies on, and `install()`.
"""

from collections.abc import Iterable
from types import ModuleType

from local_aws.overlays import (
    anonymous_callers,
    api_gateway,
    api_keys,
    api_metrics,
    athena_queries,
    bucket_deployment,
    bucket_emptying,
    bucket_properties,
    budget_type,
    distribution_addresses,
    distribution_origins,
    event_targets,
    file_system_permissions,
    flow_logs,
    function_answers,
    function_metrics,
    function_permissions,
    function_properties,
    iam_condition_keys,
    key_permissions,
    lambda_runtime,
    listed_names,
    log_group_arns,
    metric_namespace_key,
    mount_target_deletion,
    network_deletion,
    network_interfaces,
    partition_projection,
    passed_roles,
    policy_keys,
    presigned_expiry,
    provider_framework,
    role_boundary,
    root_user,
    secure_transport,
    security_groups,
    session_registration,
    stack_descriptions,
    state_machine_creation,
    state_machine_jsonata,
    state_machine_logging,
    state_machine_metrics,
    state_machine_tasks,
    trust_policies,
    unknown_types,
    vpc_endpoints,
    web_acl_association,
    web_acl_rules,
    workgroup_deletion,
)

_OVERLAYS: tuple[ModuleType, ...] = (
    secure_transport,
    session_registration,
    lambda_runtime,
    bucket_properties,
    bucket_deployment,
    bucket_emptying,
    provider_framework,
    stack_descriptions,
    function_properties,
    function_metrics,
    function_answers,
    web_acl_rules,  # before API Gateway writes its access logs
    api_gateway,
    api_keys,
    api_metrics,
    web_acl_association,
    distribution_origins,
    distribution_addresses,
    state_machine_jsonata,
    state_machine_tasks,
    state_machine_creation,
    state_machine_logging,
    state_machine_metrics,
    event_targets,
    key_permissions,
    log_group_arns,
    listed_names,
    network_interfaces,
    mount_target_deletion,
    network_deletion,
    security_groups,
    vpc_endpoints,
    flow_logs,
    file_system_permissions,
    policy_keys,
    role_boundary,
    root_user,
    anonymous_callers,
    trust_policies,
    presigned_expiry,
    passed_roles,
    iam_condition_keys,
    metric_namespace_key,
    function_permissions,
    budget_type,
    unknown_types,
    partition_projection,
    athena_queries,
    workgroup_deletion,
)


def hooks() -> Iterable[str]:
    """The ministack names that any overlay relies on."""
    return (name for overlay in _OVERLAYS for name in overlay.HOOKS)


def install() -> None:
    """Install every overlay, in the order in which they build on one another."""
    for overlay in _OVERLAYS:
        overlay.install()
