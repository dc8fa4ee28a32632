"""Services measure themselves, log lines hold metrics, and both can be read."""

import datetime as dt
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import Deploy, Execute, LocalAws, MakeFunction, MakeRole, statement
from tests.local.test_contract_apis import OUTPUTS, api_resources, post

SECONDS = 120
FAILING = "def handler(event, context): raise ValueError('no')"


def window() -> dict[str, dt.datetime]:
    now = dt.datetime.now(dt.UTC)
    return {"StartTime": now - dt.timedelta(minutes=10), "EndTime": now + dt.timedelta(minutes=1)}


def total(aws: LocalAws, namespace: str, metric: str, **dimensions: str) -> float | None:
    """The sum of what was measured; None if nothing was."""
    return statistic(aws, "Sum", namespace, metric, **dimensions)


def statistic(aws: LocalAws, stat: str, namespace: str, metric: str, **dimensions: str) -> float | None:
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    metric_stat = {
        "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": named},
        "Period": 3600,
        "Stat": stat,
    }
    [found] = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "m", "MetricStat": metric_stat}], **window()
    )["MetricDataResults"]
    return sum(found["Values"]) if found["Values"] else None


@pytest.mark.parametrize("detailed", [True, False], ids=["detailed", "not detailed"])
def test_an_api_counts_requests_and_errors_by_stage_and_method(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str, detailed: bool
) -> None:
    # Given an API whose stage wants detailed metrics, or doesn't
    settings = [{"ResourcePath": "/*", "HttpMethod": "*", "MetricsEnabled": detailed}]
    resources = api_resources(make_role("lambda.amazonaws.com"), throttling=settings)
    resources["Api"]["Properties"]["Name"] = name
    outputs = deploy(name, resources, {**OUTPUTS, "Function": {"Ref": "Function"}})
    # When two requests are answered and one is refused, before the function
    statuses = [
        post(local_aws, outputs["Api"], body)[0] for body in ('{"entry": [1, 2]}', '{"entry": [1, 2]}', "{}")
    ]
    assert statuses == [200, 200, 400]
    # Then it is counted under API, stage and, where wanted, method
    method = {"ApiName": name, "Stage": "v1", "Method": "POST", "Resource": "/items"}
    for dimensions in ({"ApiName": name}, {"ApiName": name, "Stage": "v1"}, method):
        counts = [
            total(local_aws, "AWS/ApiGateway", each, **dimensions)
            for each in ("Count", "4XXError", "5XXError")
        ]
        assert counts == ([3, 1, 0] if detailed or dimensions is not method else [None] * 3)
    stage = {"ApiName": name, "Stage": "v1"}
    assert statistic(local_aws, "SampleCount", "AWS/ApiGateway", "Latency", **stage) == 3
    assert statistic(local_aws, "SampleCount", "AWS/ApiGateway", "IntegrationLatency", **stage) == 2
    # And the function, which nobody invoked by its API, counts as well
    assert total(local_aws, "AWS/Lambda", "Invocations", FunctionName=outputs["Function"]) == 2


def test_a_function_counts_invocations_errors_and_throttles(
    local_aws: LocalAws, make_function: MakeFunction, invoke: Callable[..., tuple[str | None, Any]]
) -> None:
    # Given a function that fails
    function = make_function(FAILING)
    # When it is invoked, and then has no concurrency left
    assert invoke(function)[0] == "Unhandled"
    client = local_aws.client("lambda")
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        invoke(function)
    # Then
    counted = {
        metric: total(local_aws, "AWS/Lambda", metric, FunctionName=function)
        for metric in ("Invocations", "Errors", "Throttles")
    }
    assert counted == {"Invocations": 1, "Errors": 1, "Throttles": 1}
    assert (statistic(local_aws, "Maximum", "AWS/Lambda", "Duration", FunctionName=function) or 0) > 0


def test_a_state_machine_counts_how_executions_end(
    local_aws: LocalAws, make_machine: Callable[..., str], execute: Execute
) -> None:
    # Given a machine that fails if it is told to
    machine = make_machine(
        {
            "Choose": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $states.input.fail = true %}", "Next": "No"}],
                "Default": "Yes",
            },
            "No": {"Type": "Fail", "Error": "Told"},
            "Yes": {"Type": "Succeed"},
        }
    )
    # When
    for fail in (True, False, False):
        execute(machine, {"fail": fail})
    # Then
    counted = {
        metric: total(local_aws, "AWS/States", metric, StateMachineArn=machine)
        for metric in ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsAborted")
    }
    assert counted == {
        "ExecutionsStarted": 3,
        "ExecutionsSucceeded": 2,
        "ExecutionsFailed": 1,
        "ExecutionsAborted": None,
    }
    assert statistic(local_aws, "SampleCount", "AWS/States", "ExecutionTime", StateMachineArn=machine) == 3


def test_metrics_embedded_in_log_lines_are_found(local_aws: LocalAws, name: str) -> None:
    # Given lines of the embedded format, of another, and broken ones
    logs = local_aws.client("logs")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    now = int(time.time() * 1000)
    directive = {
        "Namespace": name,
        "Dimensions": [["kind"], []],
        "Metrics": [{"Name": "Sold", "Unit": "Count"}],
    }
    line = {"_aws": {"Timestamp": now, "CloudWatchMetrics": [directive]}, "kind": "cat", "Sold": [2, 3]}
    lines = [json.dumps(line), json.dumps({**line, "kind": "dog", "Sold": 4}), '{"_aws": 5}', '{"_aws": {']
    # When they are written
    logs.put_log_events(
        logGroupName=name,
        logStreamName="s",
        logEvents=[{"timestamp": now, "message": each} for each in lines],
    )
    # Then, a moment later, each set of dimensions is a metric
    deadline = time.monotonic() + SECONDS
    while total(local_aws, name, "Sold") is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [total(local_aws, name, "Sold", kind=kind) for kind in ("cat", "dog")] == [5, 4]
    assert total(local_aws, name, "Sold") == 9


def test_metric_math_is_answered_newest_first(local_aws: LocalAws, name: str) -> None:
    # Given errors and requests in two minutes
    cloudwatch = local_aws.client("cloudwatch")
    minute = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0)
    for back, errors, requests in ((2, 1.0, 4.0), (1, 3.0, 4.0)):
        moment = minute - dt.timedelta(minutes=back)
        data = [
            {"MetricName": metric, "Value": value, "Timestamp": moment}
            for metric, value in (("errors", errors), ("requests", requests))
        ]
        cloudwatch.put_metric_data(Namespace=name, MetricData=data)

    def query(metric: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": name, "MetricName": metric}, "Period": 60, "Stat": "Sum"}
        return {"Id": metric, "MetricStat": stat, "ReturnData": False}

    queries = [query("errors"), query("requests"), {"Id": "share", "Expression": "100 * errors / requests"}]
    # When
    newest_first = cloudwatch.get_metric_data(MetricDataQueries=queries, **window())["MetricDataResults"]
    oldest_first = cloudwatch.get_metric_data(
        MetricDataQueries=queries, ScanBy="TimestampAscending", **window()
    )["MetricDataResults"]
    # Then
    assert [result["Id"] for result in newest_first] == ["share"]
    assert newest_first[0]["Values"] == [75, 25]
    assert newest_first[0]["Timestamps"][0] == minute - dt.timedelta(minutes=1)
    assert oldest_first[0]["Values"] == [25, 75]
    with pytest.raises(ClientError, match="not defined"):
        cloudwatch.get_metric_data(MetricDataQueries=[queries[2]], **window())


def test_statistics_are_of_exactly_the_dimensions_asked_for(local_aws: LocalAws, name: str) -> None:
    # Given values with and without a dimension
    cloudwatch = local_aws.client("cloudwatch")
    shop = [{"Name": "shop", "Value": "one"}]
    values = {"MetricName": "m", "Values": [1.0, 2.0, 100.0], "Counts": [50.0, 48.0, 2.0], "Unit": "Count"}
    cloudwatch.put_metric_data(Namespace=name, MetricData=[{**values, "Dimensions": shop}])
    cloudwatch.put_metric_data(Namespace=name, MetricData=[{"MetricName": "m", "Value": 7.0}])

    def asked(dimensions: list[dict[str, str]], **what: Any) -> list[dict[str, Any]]:
        return list(
            cloudwatch.get_metric_statistics(
                Namespace=name, MetricName="m", Dimensions=dimensions, Period=3600, **what, **window()
            )["Datapoints"]
        )

    # Then
    assert [point["Sum"] for point in asked([], Statistics=["Sum"])] == [7]
    [point] = asked(shop, Statistics=["SampleCount", "Average"])
    assert (point["SampleCount"], point["Average"], point["Unit"]) == (100, 3.46, "Count")
    [point] = asked(shop, ExtendedStatistics=["p50", "p99"])
    assert point["ExtendedStatistics"]["p99"] == 100
    assert asked([{"Name": "shop", "Value": "two"}], Statistics=["Sum"]) == []


def test_the_metrics_of_a_namespace_are_listed(local_aws: LocalAws, make_role: MakeRole, name: str) -> None:
    # Given a role that may do only that
    role = make_role(None, statement("cloudwatch:ListMetrics"))
    local_aws.client("cloudwatch").put_metric_data(
        Namespace=name, MetricData=[{"MetricName": "m", "Value": 1.0}]
    )
    # When
    listed = local_aws.as_role("cloudwatch", role).list_metrics(Namespace=name)["Metrics"]
    # Then
    assert [(each["MetricName"], each["Dimensions"]) for each in listed] == [("m", [])]
