import importlib
from collections.abc import Iterable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cleanup.endpoints import BUSY, EndpointCleanup, is_owned
from cleanup.jobs import JobCleanup
from cleanup.registry import RegistryCleanup

ENDPOINT = "ml-dev-census-income"
SWITCH = "/ml-dev/switched-off/census-income"
MADE = f"{ENDPOINT}-0123456789ab"
NEIGHBOURS = [
    f"{ENDPOINT}-tuned",
    f"{ENDPOINT}-tuned-0123456789ab",
    f"other-{ENDPOINT}-0123456789ab",
    f"{ENDPOINT}-0123456789AB",
    f"{MADE}-candidate",
    f"{MADE}-batch-2",
    f"{ENDPOINT}-0123456789abc",
    f"{ENDPOINT}-0123456789a",
    ENDPOINT,
]


def error(code: str, operation: str = "Delete") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "told so"}}, operation)


class SageMaker:
    """As much of SageMaker as the clean-up uses; endpoints take a sweep to go."""

    def __init__(self, endpoints: dict[str, str], configs: list[str], models: list[str]) -> None:
        self.endpoints = endpoints
        self.configs = configs
        self.models = models
        self.packages: list[str] = []
        self.errors: dict[str, ClientError] = {}

    def get_paginator(self, operation: str) -> "Pages":
        if operation in self.errors:
            raise self.errors[operation]
        return {
            "list_endpoints": Pages(
                "Endpoints",
                "EndpointName",
                self.endpoints,
                lambda name: {"EndpointStatus": self.endpoints[name]},
            ),
            "list_endpoint_configs": Pages("EndpointConfigs", "EndpointConfigName", self.configs),
            "list_models": Pages("Models", "ModelName", self.models),
            "list_model_packages": Pages("ModelPackageSummaryList", "ModelPackageArn", self.packages),
        }[operation]

    def delete_endpoint(self, *, EndpointName: str) -> None:  # noqa: N803
        self._fail("delete_endpoint")
        assert self.endpoints[EndpointName] not in BUSY
        self.endpoints[EndpointName] = "Deleting"

    def delete_endpoint_config(self, *, EndpointConfigName: str) -> None:  # noqa: N803
        self._fail("delete_endpoint_config")
        self.configs.remove(EndpointConfigName)

    def delete_model(self, *, ModelName: str) -> None:  # noqa: N803
        self._fail("delete_model")
        self.models.remove(ModelName)

    def delete_model_package(self, *, ModelPackageName: str) -> None:  # noqa: N803
        self._fail("delete_model_package")
        self.packages.remove(ModelPackageName)

    def _fail(self, operation: str) -> None:
        if operation in self.errors:
            raise self.errors.pop(operation)


class Pages:
    """A listing of one name a page."""

    def __init__(self, listing: str, key: str, names: Any, more: Any = lambda _: {}) -> None:
        self.listing, self.key, self.names, self.more = listing, key, names, more

    def paginate(
        self,
        *,
        NameContains: str = "",  # noqa: N803
        ModelPackageGroupName: str = "",  # noqa: N803
    ) -> Iterator[dict[str, Any]]:
        NameContains = NameContains or f"/{ModelPackageGroupName}/"  # noqa: N806
        yield {self.listing: []}
        for name in list(self.names):
            if NameContains in name:
                yield {self.listing: [{self.key: name, **self.more(name)}]}


class Logs:
    """Log groups and the names of their streams."""

    def __init__(self, groups: dict[str, list[str]]) -> None:
        self.groups = groups
        self.exceptions = boto3.client("logs", region_name="us-east-1").exceptions

    def get_paginator(self, operation: str) -> Any:
        return {"describe_log_streams": self, "describe_log_groups": LogGroups(self.groups)}[operation]

    def paginate(self, *, logGroupName: str, logStreamNamePrefix: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803
        self._require(logGroupName)
        yield {"logStreams": []}
        for name in list(self.groups[logGroupName]):
            if name.startswith(logStreamNamePrefix):
                yield {"logStreams": [{"logStreamName": name}]}

    def delete_log_stream(self, *, logGroupName: str, logStreamName: str) -> None:  # noqa: N803
        self.groups[logGroupName].remove(logStreamName)

    def delete_log_group(self, *, logGroupName: str) -> None:  # noqa: N803
        self._require(logGroupName)
        del self.groups[logGroupName]

    def _require(self, group: str) -> None:
        if group not in self.groups:
            details = {"Error": {"Code": "ResourceNotFoundException", "Message": "no such group"}}
            raise self.exceptions.ResourceNotFoundException(details, "DeleteLogGroup")


class LogGroups:
    """The listing of log groups by a prefix of their names, one a page."""

    def __init__(self, groups: Iterable[str]) -> None:
        self.groups = groups

    def paginate(self, *, logGroupNamePrefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        yield {"logGroups": []}
        for name in list(self.groups):
            if name.startswith(logGroupNamePrefix):
                yield {"logGroups": [{"logGroupName": name}]}


@pytest.fixture
def sagemaker() -> SageMaker:
    return SageMaker(
        {ENDPOINT: "InService", f"{ENDPOINT}-tuned": "InService"},
        [MADE, *NEIGHBOURS],
        [MADE, f"{MADE}-batch", *NEIGHBOURS],
    )


@pytest.fixture
def logs() -> Logs:
    groups = [f"/aws/sagemaker/Endpoints/{ENDPOINT}", f"/aws/sagemaker/Endpoints/{ENDPOINT}-tuned"]
    return Logs({group: [] for group in groups})


@pytest.fixture
def cleanup(sagemaker: SageMaker, logs: Logs) -> EndpointCleanup:
    return EndpointCleanup(sagemaker=sagemaker, logs=logs)


def test_owns_what_its_deployments_made_and_nothing_beside() -> None:
    assert is_owned(MADE, ENDPOINT)
    assert is_owned(f"{MADE}-batch", ENDPOINT)
    assert not any(is_owned(name, ENDPOINT) for name in NEIGHBOURS)
    assert not is_owned(MADE + "\n", ENDPOINT)


def test_removes_all_that_belongs_to_an_endpoint_and_nothing_beside(
    cleanup: EndpointCleanup, sagemaker: SageMaker, logs: Logs
) -> None:
    # Given an endpoint in service, when it is looked at, then it is deleted, and its config kept so long
    assert cleanup.sweep(ENDPOINT) == [f"endpoint {ENDPOINT} is going"]
    assert cleanup.sweep(ENDPOINT) == [f"endpoint {ENDPOINT} is Deleting"]
    assert MADE in sagemaker.configs

    # When it has gone
    del sagemaker.endpoints[ENDPOINT]
    left = cleanup.sweep(ENDPOINT)

    # Then the rest goes with it
    assert left == []
    assert sagemaker.endpoints == {f"{ENDPOINT}-tuned": "InService"}
    assert sagemaker.configs == sagemaker.models == NEIGHBOURS
    assert list(logs.groups) == [f"/aws/sagemaker/Endpoints/{ENDPOINT}-tuned"]

    # And looking once more finds nothing to do
    assert cleanup.sweep(ENDPOINT) == []


@pytest.mark.parametrize("status", sorted(BUSY))
def test_an_endpoint_that_is_being_changed_is_waited_for(
    cleanup: EndpointCleanup, sagemaker: SageMaker, status: str
) -> None:
    sagemaker.endpoints[ENDPOINT] = status

    assert cleanup.sweep(ENDPOINT) == [f"endpoint {ENDPOINT} is {status}"]
    assert sagemaker.endpoints[ENDPOINT] == status


@pytest.mark.parametrize("status", ["InService", "OutOfService", "Failed", "UpdateRollbackFailed"])
def test_an_endpoint_at_rest_is_deleted(cleanup: EndpointCleanup, sagemaker: SageMaker, status: str) -> None:
    sagemaker.endpoints[ENDPOINT] = status

    cleanup.sweep(ENDPOINT)

    assert sagemaker.endpoints[ENDPOINT] == "Deleting"


def test_every_status_of_sagemaker_is_either_waited_for_or_deleted() -> None:
    model = boto3.client("sagemaker", region_name="us-east-1").meta.service_model
    at_rest = {"InService", "OutOfService", "Failed", "UpdateRollbackFailed"}

    assert set(model.shape_for("EndpointStatus").enum) == BUSY | at_rest


@pytest.mark.parametrize("operation", ["delete_endpoint", "list_endpoints"])
@pytest.mark.parametrize("code", ["ThrottlingException", "ValidationException"])
def test_an_error_that_passes_is_tried_again(
    cleanup: EndpointCleanup, sagemaker: SageMaker, operation: str, code: str
) -> None:
    sagemaker.errors[operation] = error(code)

    (left,) = cleanup.sweep(ENDPOINT)

    assert code in left
    sagemaker.errors.clear()
    assert cleanup.sweep(ENDPOINT) == [f"endpoint {ENDPOINT} is going"]


@pytest.mark.parametrize("operation", ["delete_endpoint_config", "delete_model"])
def test_one_refused_deletion_does_not_keep_the_others_from_going(
    cleanup: EndpointCleanup, sagemaker: SageMaker, logs: Logs, operation: str
) -> None:
    del sagemaker.endpoints[ENDPOINT]
    sagemaker.errors[operation] = error("ThrottlingException")

    (left,) = cleanup.sweep(ENDPOINT)

    assert MADE in left
    assert [MADE in sagemaker.configs, MADE in sagemaker.models].count(True) == 1
    assert len(logs.groups) == 1
    assert cleanup.sweep(ENDPOINT) == []


@pytest.mark.parametrize("operation", ["list_endpoints", "delete_endpoint"])
def test_an_error_that_does_not_pass_is_raised(
    cleanup: EndpointCleanup, sagemaker: SageMaker, operation: str
) -> None:
    sagemaker.errors[operation] = error("AccessDeniedException")

    with pytest.raises(ClientError, match="AccessDeniedException"):
        cleanup.sweep(ENDPOINT)


TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
PROCESSING_LOGS = "/aws/sagemaker/ProcessingJobs"
OWN_STREAM = "dev-census-0123456789ab-train/algo-1-1"


@pytest.mark.parametrize(
    "foreign",
    [
        "dev-census-tuned-0123456789ab-train/algo-1-1",
        "dev-census-0123/algo-1-1",
        "census-ba9876543210-001-0a1b2c3d/algo-1-1",
        "other/1",
    ],
)
def test_only_the_streams_of_own_jobs_go_and_a_shared_log_group_stays(
    sagemaker: SageMaker, foreign: str
) -> None:
    # Given a log group that the workload shares
    logs = Logs({TRAINING_LOGS: [OWN_STREAM, foreign]})

    # When its jobs are cleaned up
    left = JobCleanup(sagemaker=sagemaker, logs=logs).sweep("dev-census", "census", [TRAINING_LOGS])

    # Then the neighbour's stream is still there
    assert left == []
    assert logs.groups == {TRAINING_LOGS: [foreign]}


def test_a_log_group_goes_with_its_last_stream(sagemaker: SageMaker) -> None:
    logs = Logs({TRAINING_LOGS: [OWN_STREAM]})
    cleanup = JobCleanup(sagemaker=sagemaker, logs=logs)

    assert cleanup.sweep("dev-census", "census", [TRAINING_LOGS]) == []
    assert logs.groups == {}
    assert cleanup.sweep("dev-census", "census", [TRAINING_LOGS]) == []


def test_the_streams_of_a_runs_tuning_jobs_go_and_another_environments_stay(sagemaker: SageMaker) -> None:
    # Given runs of two environments, whose tuning jobs are named by workload and run only
    tuned, others = "census-0123456789ab-001-0a1b2c3d/algo-1-1", "census-ba9876543210-001-0a1b2c3d/algo-1-1"
    prepared = ["dev-census-0123456789ab-prepare/algo-1-1", "prod-census-ba9876543210-prepare/algo-1-1"]
    logs = Logs({PROCESSING_LOGS: list(prepared), TRAINING_LOGS: [tuned, others]})
    cleanup = JobCleanup(sagemaker=sagemaker, logs=logs)

    # When those of one are cleaned up
    assert cleanup.sweep("dev-census", "census", [PROCESSING_LOGS, TRAINING_LOGS]) == []

    # Then the other's are still there
    assert logs.groups == {PROCESSING_LOGS: [prepared[1]], TRAINING_LOGS: [others]}


def test_the_streams_that_tell_the_runs_stay_until_those_of_tuning_are_gone(
    sagemaker: SageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a stream of a tuning job that can't be deleted yet
    tuned, prepared = "census-0123456789ab-001-0a1b2c3d/algo-1-1", "dev-census-0123456789ab-prepare/algo-1-1"
    logs = Logs({PROCESSING_LOGS: [prepared], TRAINING_LOGS: [tuned]})
    cleanup = JobCleanup(sagemaker=sagemaker, logs=logs)

    def throttled(**_: str) -> None:
        raise error("ThrottlingException")

    with monkeypatch.context() as patch:
        patch.setattr(logs, "delete_log_stream", throttled)
        (left,) = cleanup.sweep("dev-census", "census", [PROCESSING_LOGS, TRAINING_LOGS])

    # Then the other stream waits for it
    assert tuned in left
    assert logs.groups[PROCESSING_LOGS] == [prepared]
    assert cleanup.sweep("dev-census", "census", [PROCESSING_LOGS, TRAINING_LOGS]) == []
    assert logs.groups == {}


def test_what_clarifys_jobs_left_goes(cleanup: EndpointCleanup, sagemaker: SageMaker, logs: Logs) -> None:
    # Given endpoints of an aborted job, of another workload's, and one whose name only holds the prefix
    own, others = "clarify-0a1b2c3d-ml-dev-1746251067-14e5", "clarify-ffffffff-ml-dev-1746251067-14e5"
    sagemaker.endpoints = {own: "Creating", others: "InService", f"a-{own}": "InService"}
    sagemaker.configs = ["clarify-0a1b2c3d-config-1746251067-14e5", others]
    # And the log groups of an endpoint that its job deleted, of the aborted job's, and of another workload's
    group = "/aws/sagemaker/Endpoints/{}"
    ended = "clarify-0a1b2c3d-ml-dev-1746250000-0b1c"
    logs.groups = {group.format(name): [] for name in (ended, own, others)}

    # When it is swept while its endpoint is being made, and then
    (left,) = cleanup.sweep_shadows("clarify-0a1b2c3d-")
    assert left == f"endpoint {own} is Creating"
    assert sagemaker.configs == [others]
    sagemaker.endpoints[own] = "InService"
    assert cleanup.sweep_shadows("clarify-0a1b2c3d-") == [f"endpoint {own} is going"]
    assert len(logs.groups) == 3  # which the endpoint might make again

    # Then its own goes, with its logs and those of the job that went well
    del sagemaker.endpoints[own]
    assert cleanup.sweep_shadows("clarify-0a1b2c3d-") == []
    assert set(sagemaker.endpoints) == {others, f"a-{own}"}
    assert set(logs.groups) == {group.format(others)}


def test_candidates_of_aborted_runs_go(sagemaker: SageMaker) -> None:
    sagemaker.models = [
        "dev-census-0123456789ab-candidate",
        "dev-census-tuned-0123456789ab-candidate",
        "dev-census-0123456789ab",
    ]

    assert JobCleanup(sagemaker=sagemaker, logs=Logs({})).sweep("dev-census", "census", []) == []

    assert sagemaker.models == ["dev-census-tuned-0123456789ab-candidate", "dev-census-0123456789ab"]


def test_what_is_throttled_is_tried_again_and_what_is_denied_is_raised(sagemaker: SageMaker) -> None:
    cleanup = JobCleanup(sagemaker=sagemaker, logs=Logs({}))

    sagemaker.errors["list_models"] = error("ThrottlingException")
    (left,) = cleanup.sweep("dev-census", "census", [])
    assert "ThrottlingException" in left

    sagemaker.errors["list_models"] = error("AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        cleanup.sweep("dev-census", "census", [])


PACKAGES = [
    f"arn:aws:sagemaker:us-east-1:000000000000:model-package/dev-census/{version}" for version in (1, 2)
]


def test_all_packages_of_a_group_go_and_no_others(sagemaker: SageMaker) -> None:
    other = PACKAGES[0].replace("dev-census", "dev-census-tuned")
    sagemaker.packages = [*PACKAGES, other]

    assert RegistryCleanup(sagemaker=sagemaker).sweep("dev-census") == []

    assert sagemaker.packages == [other]


@pytest.mark.parametrize("operation", ["list_model_packages", "delete_model_package"])
def test_a_throttled_package_is_tried_again(sagemaker: SageMaker, operation: str) -> None:
    sagemaker.packages = list(PACKAGES)
    sagemaker.errors[operation] = error("ThrottlingException")

    (left,) = RegistryCleanup(sagemaker=sagemaker).sweep("dev-census")

    assert "ThrottlingException" in left
    sagemaker.errors.clear()
    assert RegistryCleanup(sagemaker=sagemaker).sweep("dev-census") == []
    assert sagemaker.packages == []


def event(request_type: str, kind: str = "Endpoint", **more: Any) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "Endpoint": {"EndpointName": ENDPOINT, "SwitchParameter": SWITCH},
        "Training": {
            "JobNamePrefix": "dev-census",
            "TuningJobNamePrefix": "census",
            "JobLogGroups": [TRAINING_LOGS],
            "ModelPackageGroups": ["dev-census"],
            "ShadowEndpointPrefixes": ["clarify-0a1b2c3d-"],
        },
    }
    return {
        "RequestType": request_type,
        "ResourceType": f"Custom::{kind}Cleanup",
        "LogicalResourceId": "Cleanup",
        "ResourceProperties": {"ServiceToken": "arn", **kinds[kind]},
        **more,
    }


class Parameters:
    """Systems Manager with the parameter of an endpoint that is switched off."""

    def __init__(self) -> None:
        self.held = {SWITCH}

    def delete_parameters(self, **request: list[str]) -> dict[str, list[str]]:
        self.held -= set(request["Names"])
        return {"DeletedParameters": [], "InvalidParameters": []}


@pytest.fixture
def handler(
    monkeypatch: pytest.MonkeyPatch, cleanup: EndpointCleanup, sagemaker: SageMaker, logs: Logs
) -> Any:
    module = importlib.import_module("cleanup.handler")
    monkeypatch.setattr(module, "endpoint_cleanup", cleanup)
    monkeypatch.setattr(module, "job_cleanup", JobCleanup(sagemaker=sagemaker, logs=logs))
    monkeypatch.setattr(module, "registry_cleanup", RegistryCleanup(sagemaker=sagemaker))
    monkeypatch.setattr(module, "_ssm", Parameters())
    return module


def test_the_resource_keeps_its_name(handler: Any) -> None:
    assert handler.on_event(event("Create"), None) == {"PhysicalResourceId": "Cleanup"}
    for request_type in ("Update", "Delete"):
        named = handler.on_event(event(request_type, PhysicalResourceId="first"), None)
        assert named == {"PhysicalResourceId": "first"}


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_only_deletion_deletes(handler: Any, sagemaker: SageMaker, request_type: str) -> None:
    sagemaker.packages = list(PACKAGES)

    assert handler.is_complete(event(request_type), None) == {"IsComplete": True}
    assert handler.is_complete(event(request_type, "Training"), None) == {"IsComplete": True}

    assert sagemaker.endpoints[ENDPOINT] == "InService"
    assert sagemaker.packages == PACKAGES
    assert handler._ssm.held == {SWITCH}


def test_deletion_is_complete_when_nothing_is_left_of_the_endpoint(
    handler: Any, sagemaker: SageMaker
) -> None:
    assert handler.is_complete(event("Delete"), None) == {"IsComplete": False}
    del sagemaker.endpoints[ENDPOINT]
    assert handler.is_complete(event("Delete"), None) == {"IsComplete": True}

    assert not any(is_owned(name, ENDPOINT) for name in sagemaker.configs + sagemaker.models)
    assert handler._ssm.held == set()
    assert handler.is_complete(event("Delete"), None) == {"IsComplete": True}


def test_deletion_takes_the_runs_logs_and_packages(handler: Any, sagemaker: SageMaker, logs: Logs) -> None:
    sagemaker.packages = list(PACKAGES)
    logs.groups[TRAINING_LOGS] = [OWN_STREAM]

    assert handler.is_complete(event("Delete", "Training"), None) == {"IsComplete": True}

    assert sagemaker.packages == []
    assert TRAINING_LOGS not in logs.groups
