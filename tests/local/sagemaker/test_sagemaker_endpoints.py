"""Endpoints serve, are updated without a gap, keep what works, and recover."""

import json
import os
import signal
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import processes
from tests.local.sagemaker.workbench import Workbench
from tests.local.test_contract_metrics import statistic, total


def error_of(call: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        call()
    response: dict[str, Any] = raised.value.response
    return response


def server_processes(workbench: Workbench) -> set[int]:
    """The model servers of this local AWS."""
    return processes(workbench.aws, ".serve")


@pytest.mark.parametrize(
    ("settings", "body", "answer"),
    [
        (
            {"ContentType": "text/csv"},
            b"9,1\n1,9",
            {"predictions": [{"predicted_label": 1.0}, {"predicted_label": 0.0}]},
        ),
        (
            {"ContentType": "application/json", "Accept": "application/json"},
            b'{"instances":[{"features":[9,1]},{"data":{"features":{"values":[1,9]}}}]}',
            {"predictions": [{"predicted_label": 1.0}, {"predicted_label": 0.0}]},
        ),
        (
            {"ContentType": "application/jsonlines", "Accept": "application/jsonlines"},
            b'{"features":[9,1]}',
            {"predicted_label": 1.0},
        ),
    ],
)
def test_formats(
    workbench: Workbench, endpoint: str, settings: dict[str, str], body: bytes, answer: dict[str, Any]
) -> None:
    assert json.loads(workbench.invoke(endpoint, body, **settings)) == answer


def test_verbose_answers_tell_the_neighbours(workbench: Workbench, endpoint: str) -> None:
    # When
    answer = workbench.invoke(endpoint, b"9,1", Accept="application/json; verbose=true")

    # Then
    prediction = json.loads(answer)["predictions"][0]
    assert prediction["labels"] == [1.0, 1.0, 1.0]
    assert prediction["distances"] == sorted(prediction["distances"])


def test_the_answer_tells_its_variant_and_type(workbench: Workbench, endpoint: str) -> None:
    # When
    answer = workbench.runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=b"1,2")

    # Then
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert answer["ContentType"] == "application/json"


@pytest.mark.parametrize(
    ("settings", "body", "status", "said"),
    [
        ({}, b"1,2,3", 400, "line 1 has 3 values, expected 2"),
        ({}, b"1,x", 400, "'x' is not a number"),
        ({"ContentType": "application/json"}, b"{", 400, "not JSON"),
        ({"ContentType": "application/json"}, b'{"entry":[1,2]}', 400, "instances"),
        ({"ContentType": "application/json"}, b'{"instances":[{"features":[1,"2"]}]}', 400, "2 numbers"),
        ({"ContentType": "image/png"}, b"1,2", 415, "Supported: text/csv"),
        ({"Accept": "text/html"}, b"1,2", 406, "Supported: application/json"),
    ],
)
def test_the_containers_refusals_are_model_errors(
    workbench: Workbench, endpoint: str, settings: dict[str, str], body: bytes, status: int, said: str
) -> None:
    # When
    error = error_of(lambda: workbench.invoke(endpoint, body, **settings))

    # Then
    assert error["Error"]["Code"] == "ModelError"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert error["OriginalStatusCode"] == status
    assert said in error["OriginalMessage"]
    assert f"Received client error ({status}) from primary" in error["Error"]["Message"]


def test_a_missing_endpoint_and_too_large_a_body(workbench: Workbench, endpoint: str) -> None:
    missing = error_of(lambda: workbench.invoke("no-such-endpoint", b"1,2"))
    assert missing["Error"]["Code"] == "ValidationError"
    assert missing["Error"]["Message"] == "Endpoint no-such-endpoint of account 000000000000 not found."

    too_large = error_of(lambda: workbench.invoke(endpoint, b"1" * (4 * 1024 * 1024 + 1)))
    assert too_large["Error"]["Code"] == "ValidationError"
    assert "less than or equal to 4194304" in too_large["Error"]["Message"]


def test_an_update_never_refuses_a_request(workbench: Workbench, model: str, name: str) -> None:
    # Given
    workbench.serve(name, workbench.make_config(f"{name}-1", model))
    workbench.make_config(f"{name}-2", model, InstanceType="ml.m5.large", InitialInstanceCount=1)
    failures: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                workbench.invoke(name, b"1,2")
            except ClientError as error:
                failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()

    # When
    workbench.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-2")
    updating = error_of(
        lambda: workbench.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-2")
    )
    described = workbench.settled(name)
    done.set()
    asking.join()

    # Then
    assert updating["Error"]["Message"].startswith("Cannot update in-progress endpoint")
    assert described["EndpointConfigName"] == f"{name}-2"
    assert described["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert failures == []


def test_a_failed_update_keeps_the_old_configuration(workbench: Workbench, model: str, name: str) -> None:
    # Given
    workbench.serve(name, workbench.make_config(f"{name}-1", model))
    broken = workbench.make_model(f"{name}-broken", workbench.put(f"{name}/broken.tar.gz", b"not an archive"))
    workbench.make_config(f"{name}-2", broken)

    # When
    workbench.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-2")
    described = workbench.settled(name)

    # Then
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == f"{name}-1"
    assert "Failed to extract model data archive" in described["FailureReason"]
    assert b"predicted_label" in workbench.invoke(name, b"1,2")


def test_a_model_that_cannot_load_fails_the_endpoint(workbench: Workbench, name: str) -> None:
    # Given a model without its data
    config = workbench.make_config(name, workbench.make_model(name, None))

    # When
    described = workbench.serve(name, config)

    # Then
    assert described["EndpointStatus"] == "Failed"
    assert described["FailureReason"].startswith(
        "The primary container for production variant AllTraffic did not"
    )
    assert "CloudWatch logs for this endpoint" in described["FailureReason"]
    assert any(
        "settings.json" in line for line in workbench.aws.log_messages(f"/aws/sagemaker/Endpoints/{name}")
    )
    not_serving = error_of(lambda: workbench.invoke(name, b"1,2"))
    assert not_serving["Error"]["Code"] == "ValidationError"
    workbench.sagemaker.delete_endpoint(EndpointName=name)


def test_a_killed_server_is_started_again(workbench: Workbench, model: str, name: str) -> None:
    # Given
    others = server_processes(workbench)
    workbench.serve(name, workbench.make_config(name, model))
    (server,) = server_processes(workbench) - others

    # When
    os.kill(server, signal.SIGKILL)

    # Then it is unavailable, and then serves again
    codes = set()
    answer = b""
    while not answer:
        try:
            answer = workbench.invoke(name, b"1,2")
        except ClientError as error:
            codes.add(error.response["Error"]["Code"])
    assert codes <= {"ServiceUnavailable"}
    assert b"predicted_label" in answer
    assert len(server_processes(workbench) - others - {server}) == 1


def test_a_deleted_endpoint_leaves_no_process(workbench: Workbench, model: str, name: str) -> None:
    # Given
    others = server_processes(workbench)
    workbench.serve(name, workbench.make_config(name, model))

    # When
    workbench.sagemaker.delete_endpoint(EndpointName=name)

    # Then
    with pytest.raises(ClientError, match="Could not find endpoint"):
        workbench.described("Endpoint", name, lambda _endpoint: False)
    assert server_processes(workbench) == others


def test_traffic_is_shared_by_weight_and_can_be_aimed(workbench: Workbench, model: str, name: str) -> None:
    # Given
    hosting = {"ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    variants = [
        {"VariantName": "all", "InitialVariantWeight": 1.0, **hosting},
        {"VariantName": "none", "InitialVariantWeight": 0.0, **hosting},
    ]
    workbench.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
    workbench.serve(name, name)

    def invoked(**settings: str) -> str:
        answer = workbench.runtime.invoke_endpoint(
            EndpointName=name, ContentType="text/csv", Body=b"1,2", **settings
        )
        return str(answer["InvokedProductionVariant"])

    # Then
    assert {invoked() for _ in range(5)} == {"all"}
    assert invoked(TargetVariant="none") == "none"
    workbench.sagemaker.delete_endpoint(EndpointName=name)


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ({"ServerlessConfig": {"MemorySizeInMB": 1500, "MaxConcurrency": 5}}, "1 GB increments"),
        ({"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 500}}, "less than or equal to 200"),
        ({"InstanceType": "ml.m5.large"}, "must have InstanceType and InitialInstanceCount"),
        ({"InstanceType": "ml.t3.medium", "InitialInstanceCount": 1}, "Member must satisfy enum value set"),
        (
            {
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 5},
            },
            "can't be specified together with ServerlessConfig",
        ),
    ],
)
def test_configurations_that_aws_refuses(
    workbench: Workbench, model: str, name: str, variant: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=said):
        workbench.make_config(name, model, **variant)


def test_a_key_for_local_storage_is_refused(workbench: Workbench, model: str, name: str) -> None:
    variant = {
        "VariantName": "a",
        "ModelName": model,
        "InstanceType": "ml.m5d.large",
        "InitialInstanceCount": 1,
    }
    with pytest.raises(ClientError, match=r"not supported for instance type ml\.m5d\.large"):
        workbench.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant], KmsKeyId="some-key"
        )


@pytest.mark.parametrize("serverless", [False, True], ids=["real-time", "serverless"])
def test_invocations_are_measured_by_endpoint_and_variant(
    workbench: Workbench, model: str, name: str, serverless: bool
) -> None:
    # Given an endpoint on two instances, or serverless
    shape: dict[str, Any] = {"InitialInstanceCount": 2, "InstanceType": "ml.m5.large"}
    if serverless:
        shape = {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 5}}
    workbench.serve(name, workbench.make_config(name, model, **shape))
    # When it answers twice and refuses once
    for body in (b"1,2", b"9,1"):
        workbench.invoke(name, body)
    error_of(lambda: workbench.invoke(name, b"no number"))
    # Then it is counted
    variant = {"EndpointName": name, "VariantName": "AllTraffic"}
    counted = {
        metric: total(workbench.aws, "AWS/SageMaker", metric, **variant)
        for metric in ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "InvocationModelErrors")
    }
    assert counted == {
        "Invocations": 3,
        "Invocation4XXErrors": 1,
        "Invocation5XXErrors": 0,
        "InvocationModelErrors": None if serverless else 1,
    }
    each_instance = total(workbench.aws, "AWS/SageMaker", "InvocationsPerInstance", **variant)
    assert each_instance == (None if serverless else 1.5)
    latency, overhead = (
        statistic(workbench.aws, "Average", "AWS/SageMaker", metric, **variant)
        for metric in ("ModelLatency", "OverheadLatency")
    )
    # In microseconds: less than a second, but more than one
    assert latency is not None
    assert 1 < latency < 1_000_000
    assert overhead is not None
    assert 0 < overhead < 1_000_000
