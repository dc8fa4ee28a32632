"""What somebody is told of, and what there is to see: alarms, their runbook, the dashboard, logs."""

import json
import re
from typing import Any

import pytest

from settings.environment import Environment
from settings.loading import PROJECT_ROOT, load_environment
from tests.infrastructure.assembly import ACCOUNT, Assembly, Resource, synthesize
from tests.infrastructure.conftest import changed, one_workload

RUNBOOK = PROJECT_ROOT / "docs" / "operations.md"
CHAPTER = "## An alarm rings"


def alarms(assembly: Assembly) -> dict[str, dict[str, Any]]:
    """The alarms that tell somebody, by logical id without its hash."""
    return {
        resource.logical_id[:-8]: assembly.resolve(resource.stack, resource.properties)
        for resource in assembly.resources("AWS::CloudWatch::Alarm")
        if resource.stack == "observability"
    }


def runbook() -> tuple[set[str], set[str]]:
    """All headings of the runbook, and those of its chapter on alarms, as links name them."""
    text = RUNBOOK.read_text(encoding="utf-8")
    chapter = re.split(r"^## ", text.partition(f"{CHAPTER}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return anchors(text), anchors(chapter)


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^##+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def widgets(assembly: Assembly) -> list[dict[str, Any]]:
    [dashboard] = assembly.resources("AWS::CloudWatch::Dashboard")
    body = assembly.resolve(dashboard.stack, dashboard.properties["DashboardBody"])
    return list(json.loads(body)["widgets"])


def test_each_environment_has_the_alarms_that_its_settings_name(
    whole_dev: Assembly, whole_prod: Assembly
) -> None:
    api = {"ApiFailing", "ApiSlow", "ApiFunctionsFailing", "ApiFunctionsThrottled"}
    of_a_workload = ("EndpointFailing", "EndpointSlow", "PipelineFailed")
    assert alarms(whole_dev).keys() == api
    assert alarms(whole_prod).keys() == api | {
        f"{workload.pascal}{kind}" for workload in whole_prod.workloads for kind in of_a_workload
    }


def test_each_alarm_tells_the_topic_and_has_a_page_and_each_page_an_alarm(whole_prod: Assembly) -> None:
    # Given all alarms that there can be
    found = [
        whole_prod.resolve(resource.stack, resource.properties)
        for resource in whole_prod.resources("AWS::CloudWatch::Alarm")
    ]
    assert len(found) >= len(alarms(whole_prod))
    [topic] = whole_prod.resources("AWS::SNS::Topic")
    pages = set()
    for alarm in found:
        # Then each tells the topic, decides what no data means, and says what happened and where to look
        assert alarm["AlarmActions"] == [whole_prod.resolve("training", {"Ref": topic.logical_id})]
        assert alarm["TreatMissingData"] in ("notBreaching", "ignore")
        said = re.fullmatch(r"(\S.+\.) What to do: docs/operations\.md#(\S+)", alarm["AlarmDescription"])
        assert said, alarm["AlarmDescription"]
        pages.add(said[2])
    # And the runbook has these entries, and none in its chapter on alarms that no alarm has
    every, of_alarms = runbook()
    assert pages <= every
    assert of_alarms <= pages


def test_thresholds_come_from_the_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    # Given settings that differ from the defaults
    environment = load_environment("prod")
    thresholds = {
        "least_failures": 2,
        "least_requests": 9,
        "api_failed_percentage": 1.5,
        "api_p99_milliseconds": 700,
        "endpoint_failed_percentage": 3,
        "model_p99_milliseconds": 250,
    }
    asked = changed(environment, alarms=thresholds)
    found = alarms(synthesize(asked, one_workload(asked), tmp_path_factory.mktemp("thresholds")))
    # Then
    assert {name: alarm["Threshold"] for name, alarm in found.items()} == {
        "ApiFailing": 1.5,
        "ApiSlow": 700,
        "ApiFunctionsFailing": 2,
        "ApiFunctionsThrottled": 2,
        "MysfitRecommenderEndpointFailing": 3,
        "MysfitRecommenderEndpointSlow": 250,
        "MysfitRecommenderPipelineFailed": 1,
    }
    assert expression(found["ApiFailing"]) == "IF(failed >= 2, 100 * failed / requests, 0)"
    assert expression(found["ApiSlow"]) == "IF(requests >= 9, measured, 0)"
    # SageMaker measures microseconds
    assert expression(found["MysfitRecommenderEndpointSlow"]) == "IF(requests >= 9, measured / 1000, 0)"


def expression(alarm: dict[str, Any]) -> str:
    [found] = [query["Expression"] for query in alarm["Metrics"] if "Expression" in query]
    return str(found)


def test_alarms_look_at_the_environments_own_resources(assembly: Assembly) -> None:
    # Given every metric that an alarm or a widget reads
    prefix = assembly.environment.prefix
    read = [
        {each["Name"]: each["Value"] for each in query["MetricStat"]["Metric"]["Dimensions"]}
        for alarm in alarms(assembly).values()
        for query in alarm["Metrics"]
        if "MetricStat" in query
    ]
    drawn = [
        dict(zip(metric[2::2], metric[3::2], strict=False))
        for widget in widgets(assembly)
        for metric in widget["properties"].get("metrics", ())
        if isinstance(metric[0], str)
    ]
    assert read
    assert drawn
    for dimensions in read + drawn:
        # Then its first dimension names something of this environment
        names = ("ApiName", "FunctionName", "EndpointName", "StateMachineArn", "endpoint")
        [owner] = [value for name, value in dimensions.items() if name in names]
        assert owner.rpartition(":")[2].startswith(f"{prefix}-"), dimensions


def test_cloudwatch_may_tell_for_this_environments_alarms_only(assembly: Assembly) -> None:
    [topic] = assembly.resources("AWS::SNS::TopicPolicy")
    [key] = assembly.resources("AWS::KMS::Key")
    stated = [
        assembly.resolve(resource.stack, statement)
        for resource, policy in ((topic, "PolicyDocument"), (key, "KeyPolicy"))
        for statement in resource.properties[policy]["Statement"]
        if statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    ]
    assert [statement["Action"] for statement in stated] == [
        "sns:Publish",
        ["kms:Decrypt", "kms:GenerateDataKey"],
    ]
    own = f"arn:aws:cloudwatch:{assembly.region}:{ACCOUNT}:alarm:{assembly.environment.prefix}-*"
    for statement in stated:
        assert statement["Condition"] == {
            "ArnLike": {"aws:SourceArn": own},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        }


def test_the_dashboard_has_a_place_for_everything_and_nothing_overlaps(whole: Assembly) -> None:
    shown = widgets(whole)
    places = [
        (x, y)
        for widget in shown
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24
    # Every workload has its row, every mysfit its line, every real-time endpoint is told of
    titles = {widget["properties"].get("title") for widget in shown}
    for workload in whole.workloads:
        assert {f"{workload.name}: {kind}" for kind in ("invocations", "latency", "utilization")} <= titles
    [mysfits] = [
        widget for widget in shown if widget["properties"].get("title") == "Recommendations by mysfit"
    ]
    catalogue = PROJECT_ROOT / "training_scripts" / "mysfit_recommender" / "catalogue.json"
    drawn = {
        metric[5]: metric[-1]["label"] for metric in mysfits["properties"]["metrics"] if "mysfit" in metric
    }
    assert drawn == {
        each["mysfitId"]: each["name"] for each in json.loads(catalogue.read_text(encoding="utf-8"))
    }
    idle = [each for each in whole.workloads if each.serving.type == "real_time"]
    for workload in idle:
        assert whole.environment.resource_name(workload.slug) in shown[0]["properties"]["markdown"]


def test_the_dashboard_shows_every_alarm_that_a_person_acts_on(whole: Assembly) -> None:
    # Given the alarms, but for those that roll an update back
    found = [
        resource
        for resource in whole.resources("AWS::CloudWatch::Alarm")
        if resource.stack in ("observability", "monitoring")
    ]
    alarm = f"arn:aws:cloudwatch:{whole.region}:{ACCOUNT}:alarm:"
    arns = {
        alarm + resource.properties["AlarmName"]
        if "AlarmName" in resource.properties
        else whole.resolve(resource.stack, {"Fn::GetAtt": [resource.logical_id, "Arn"]})
        for resource in found
    }
    # Then the widget has them all
    [shown] = [widget for widget in widgets(whole) if widget["type"] == "alarm"]
    assert {resource.stack for resource in found} == {"observability", "monitoring"}
    assert set(shown["properties"]["alarms"]) == arns


def test_a_dashboard_that_shows_no_alarm_has_no_place_for_them(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # Given an environment that nobody is called for
    environment: Environment = changed(load_environment("dev"), alarms={"watch": []})
    quiet = synthesize(environment, one_workload(environment), tmp_path_factory.mktemp("quiet"))
    # Then there is still the dashboard
    assert alarms(quiet) == {}
    assert "alarm" not in {widget["type"] for widget in widgets(quiet)}


def test_every_log_group_is_encrypted_and_kept_as_long_as_the_settings_say(assembly: Assembly) -> None:
    groups = assembly.resources("AWS::Logs::LogGroup")
    assert groups
    for group in groups:
        assert group.properties["RetentionInDays"] == assembly.environment.log_retention_days, group
        assert "KmsKeyId" in group.properties, group


def test_every_function_logs_to_a_group_of_its_stack(assembly: Assembly) -> None:
    # Given every function, the CDK's own included: a group that Lambda makes has neither key nor retention
    for function in assembly.resources("AWS::Lambda::Function"):
        group = function.properties.get("LoggingConfig", {}).get("LogGroup")
        assert _is_own_log_group(assembly, function, group), function.logical_id


def _is_own_log_group(assembly: Assembly, function: Resource, group: Any) -> bool:
    if not isinstance(group, dict) or "Ref" not in group:
        return False
    return bool(assembly.resource(function.stack, group["Ref"]).body["Type"] == "AWS::Logs::LogGroup")
