"""Hyperparameter tuning jobs: they make training jobs, find the best, and fail as on AWS."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import ACCOUNT, REGION, Execute, LocalAws, MakeRole, statement
from tests.local.sagemaker.workbench import HYPERPARAMETERS, SKLEARN, Workbench

KIND = "HyperParameterTuningJob"
RANGES = {"IntegerParameterRanges": [{"Name": "k", "MinValue": "1", "MaxValue": "20"}]}
ONE_JOB = {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}
TWO_JOBS = {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 1}
STATIC = {name: value for name, value in HYPERPARAMETERS.items() if name != "k"}


def tuning_request(
    workbench: Workbench, name: str, *, definition: dict[str, Any] | None = None, **config: Any
) -> dict[str, Any]:
    """A search for the k that gives the greatest accuracy, in three training jobs."""
    training = workbench.training_request(name)
    training = {key: training[key] for key in training if key not in ("TrainingJobName", "HyperParameters")}
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "test:accuracy"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": RANGES,
            **config,
        },
        "TrainingJobDefinition": {**training, "StaticHyperParameters": STATIC, **(definition or {})},
    }


def tune(workbench: Workbench, request: dict[str, Any]) -> dict[str, Any]:
    """Run a tuning job to its end, and give its description."""
    workbench.sagemaker.create_hyper_parameter_tuning_job(**request)
    return tuned(workbench, request["HyperParameterTuningJobName"])


def tuned(workbench: Workbench, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        job: dict[str, Any] = workbench.sagemaker.describe_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name
        )
        if job["HyperParameterTuningJobStatus"] in ("Completed", "Failed", "Stopped"):
            return job
        time.sleep(0.1)
    raise AssertionError(f"tuning job {name} is still {job}")


def training_jobs(workbench: Workbench, name: str, **how: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workbench.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, **how
    )["TrainingJobSummaries"]
    return found


def values(jobs: list[dict[str, Any]]) -> list[float]:
    return [job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for job in jobs]


@pytest.fixture(scope="module")
def search(workbench: Workbench) -> dict[str, Any]:
    """A tuning job that has ended."""
    request = tuning_request(workbench, f"t-{uuid.uuid4().hex[:10]}")
    return tune(workbench, {**request, "Tags": [{"Key": "team", "Value": "quiz"}]})


def test_tuning_finds_the_best_training_job(workbench: Workbench, search: dict[str, Any]) -> None:
    job, name = search, search[f"{KIND}Name"]
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    assert job["TrainingJobStatusCounters"]["Completed"] == 3
    assert job["ObjectiveStatusCounters"] == {"Succeeded": 3, "Pending": 0, "Failed": 0}
    best_first = training_jobs(
        workbench, name, SortBy="FinalObjectiveMetricValue", SortOrder="Descending", StatusEquals="Completed"
    )
    assert values(best_first) == sorted(values(best_first), reverse=True)
    best = job["BestTrainingJob"]
    assert best["FinalHyperParameterTuningJobObjectiveMetric"] == {
        "Type": "Maximize",
        "MetricName": "test:accuracy",
        "Value": values(best_first)[0],
    }

    # Then each is a training job like any other
    in_order = training_jobs(workbench, name)
    assert [item["TrainingJobName"][: len(name) + 5] for item in in_order] == [
        f"{name}-{number:03d}-" for number in (1, 2, 3)
    ]
    trained = workbench.sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert trained["TuningJobArn"] == job["HyperParameterTuningJobArn"]
    assert trained["HyperParameters"] == {
        **STATIC,
        **best["TunedHyperParameters"],
        "_tuning_objective_metric": "test:accuracy",
    }
    assert 1 <= int(best["TunedHyperParameters"]["k"]) <= 20
    tags = workbench.sagemaker.list_tags(ResourceArn=trained["TrainingJobArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "quiz"}]
    assert workbench.keys(f"models/{best['TrainingJobName']}/output/model.tar.gz")

    # Then it is listed
    listed = workbench.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=name)
    (summary,) = listed["HyperParameterTuningJobSummaries"]
    assert summary["Strategy"] == "Random"
    assert summary["TrainingJobStatusCounters"] == job["TrainingJobStatusCounters"]


def test_pages_of_training_jobs(workbench: Workbench, search: dict[str, Any]) -> None:
    # When
    lister = workbench.sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
    pages = lister.paginate(
        HyperParameterTuningJobName=search[f"{KIND}Name"], PaginationConfig={"PageSize": 2}
    )

    # Then
    assert [len(page["TrainingJobSummaries"]) for page in pages] == [2, 1]


@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
def test_the_same_seed_draws_the_same_values(workbench: Workbench, name: str, strategy: str) -> None:
    # Given
    ranges = {
        **RANGES,
        "CategoricalParameterRanges": [{"Name": "index_metric", "Values": ["L2", "COSINE"]}],
    }
    # When
    drawn = []
    for turn in ("a", "b"):
        request = tuning_request(
            workbench,
            f"{name}-{turn}",
            Strategy=strategy,
            RandomSeed=7,
            ParameterRanges=ranges,
            ResourceLimits=TWO_JOBS,
        )
        assert tune(workbench, request)["HyperParameterTuningJobStatus"] == "Completed"
        drawn.append([job["TunedHyperParameters"] for job in training_jobs(workbench, f"{name}-{turn}")])

    # Then
    assert drawn[0] == drawn[1]
    assert set(drawn[0][0]) == {"k", "index_metric"}


def test_a_warm_start_goes_on_from_its_parent(
    workbench: Workbench, search: dict[str, Any], name: str
) -> None:
    # Given
    request = tuning_request(workbench, name, Strategy="Bayesian", ResourceLimits=ONE_JOB)
    request["WarmStartConfig"] = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": search[f"{KIND}Name"]}],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }

    # When
    child = tune(workbench, request)

    # Then
    assert child["HyperParameterTuningJobStatus"] == "Completed", child
    metric = "FinalHyperParameterTuningJobObjectiveMetric"
    best = max(job["BestTrainingJob"][metric]["Value"] for job in (search, child))
    assert child["OverallBestTrainingJob"][metric]["Value"] == best

    # Then other data needs the other type
    other = workbench.channel("train", f"s3://{workbench.bucket}/data/test/")
    request = {**request, "HyperParameterTuningJobName": f"{name}-b"}
    request["TrainingJobDefinition"] = {**request["TrainingJobDefinition"], "InputDataConfig": [other]}
    with pytest.raises(ClientError, match="use TransferLearning"):
        workbench.sagemaker.create_hyper_parameter_tuning_job(**request)


def test_a_training_job_that_falls_behind_is_stopped(workbench: Workbench, name: str) -> None:
    # Given a seed that draws a useless learning rate after three good ones, and jobs that take a while
    registry = SKLEARN.partition("/")[0]
    boosting = {
        "AlgorithmSpecification": {
            "TrainingImage": f"{registry}/sagemaker-xgboost:1.7-1",
            "TrainingInputMode": "File",
        },
        "InputDataConfig": [workbench.channel("train")],
        "StaticHyperParameters": {
            "objective": "binary:logistic",
            "eval_metric": "logloss",
            "max_depth": "2",
            "num_round": "1500",
        },
    }
    request = tuning_request(
        workbench,
        name,
        definition=boosting,
        RandomSeed=2,
        HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": "train:logloss"},
        ResourceLimits={"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 1},
        ParameterRanges={"CategoricalParameterRanges": [{"Name": "eta", "Values": ["0.5", "0.0001"]}]},
        TrainingJobEarlyStoppingType="Auto",
    )

    # When
    job = tune(workbench, request)

    # Then
    assert job["HyperParameterTuningJobStatus"] == "Completed", job
    ended = [
        (item["TunedHyperParameters"]["eta"], item["TrainingJobStatus"], item["ObjectiveStatus"])
        for item in training_jobs(workbench, name)
    ]
    assert ended == [("0.5", "Completed", "Succeeded")] * 3 + [("0.0001", "Stopped", "Succeeded")]


def test_a_good_enough_result_ends_it(workbench: Workbench, name: str) -> None:
    # Given
    request = tuning_request(
        workbench,
        name,
        ResourceLimits={"MaxNumberOfTrainingJobs": 50, "MaxParallelTrainingJobs": 1},
        TuningJobCompletionCriteria={"TargetObjectiveMetricValue": 0.5},
    )

    # When
    job = tune(workbench, request)

    # Then
    assert job["HyperParameterTuningJobStatus"] == "Completed"
    assert job["TrainingJobStatusCounters"]["Completed"] == 1


def test_it_fails_if_every_training_job_does(workbench: Workbench, name: str) -> None:
    # When
    wrong = {"StaticHyperParameters": {**STATIC, "predictor_type": "ranker"}}
    job = tune(workbench, tuning_request(workbench, name, definition=wrong, ResourceLimits=TWO_JOBS))

    # Then
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("All training jobs failed.")
    assert job["TrainingJobStatusCounters"]["NonRetryableError"] == 2
    assert "BestTrainingJob" not in job


def test_it_fails_if_nothing_is_measured(workbench: Workbench, name: str) -> None:
    # Given a job without the channel that k-NN is measured on
    train_only = {"InputDataConfig": [workbench.channel("train")]}

    # When
    job = tune(workbench, tuning_request(workbench, name, definition=train_only, ResourceLimits=TWO_JOBS))

    # Then
    assert job["HyperParameterTuningJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("No objective metrics found after running 2 training jobs.")
    assert job["ObjectiveStatusCounters"]["Failed"] == 2


def test_a_stop_stops_the_training_jobs(workbench: Workbench, name: str) -> None:
    # Given more parallel jobs than there are places
    limits = {"MaxNumberOfTrainingJobs": 100, "MaxParallelTrainingJobs": 8}
    request = tuning_request(workbench, name, ResourceLimits=limits)
    workbench.sagemaker.create_hyper_parameter_tuning_job(**request)
    while len(training_jobs(workbench, name)) < 8:
        time.sleep(0.05)

    # When
    workbench.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    job = tuned(workbench, name)

    # Then
    assert job["HyperParameterTuningJobStatus"] == "Stopped"
    assert job["TrainingJobStatusCounters"]["InProgress"] == 0
    assert job["TrainingJobStatusCounters"]["Stopped"] > 0


def range_of(**changes: str) -> dict[str, Any]:
    return {"ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0", "MaxValue": "1", **changes}]}


@pytest.mark.parametrize(
    ("config", "definition", "said"),
    [
        ({"ParameterRanges": range_of(MaxValue="-1")}, {}, "must be less than MaxValue"),
        ({"ParameterRanges": range_of(MaxValue="big")}, {}, "must be numbers"),
        ({"ParameterRanges": range_of(ScalingType="Logarithmic")}, {}, "greater than 0"),
        ({"ParameterRanges": range_of(ScalingType="ReverseLogarithmic")}, {}, "0 <= x < 1"),
        ({"ParameterRanges": {}}, {}, "at least one range"),
        ({}, {"StaticHyperParameters": {**STATIC, "k": "3"}}, "Hyperparameters k are given more than once"),
        ({"Strategy": "Hyperband"}, {}, "use Random or Bayesian"),
        (
            {"ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 2}},
            {},
            "must not be greater than MaxNumberOfTrainingJobs",
        ),
        (
            {"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"}},
            {},
            "Choose a valid objective metric: test:accuracy",
        ),
        ({}, {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/none"}, "role"),
        (
            {},
            {"AlgorithmSpecification": {"TrainingImage": SKLEARN, "TrainingInputMode": "File"}},
            "has no training entry point",
        ),
    ],
)
def test_requests_that_break_a_rule(
    workbench: Workbench, name: str, config: dict[str, Any], definition: dict[str, Any], said: str
) -> None:
    request = tuning_request(workbench, name, definition=definition, **config)
    with pytest.raises(ClientError, match=said):
        workbench.sagemaker.create_hyper_parameter_tuning_job(**request)


def test_a_name_has_at_most_32_characters(workbench: Workbench) -> None:
    with pytest.raises(ClientError, match="less than or equal to 32"):
        workbench.sagemaker.create_hyper_parameter_tuning_job(**tuning_request(workbench, "n" * 33))


def test_the_role_must_be_passed(
    local_aws: LocalAws, workbench: Workbench, make_role: MakeRole, name: str
) -> None:
    # Given
    caller = local_aws.as_role("sagemaker", make_role(None, statement("sagemaker:*")))

    # Then
    with pytest.raises(ClientError, match="iam:PassRole"):
        caller.create_hyper_parameter_tuning_job(**tuning_request(workbench, name))


def test_a_state_machine_tunes(
    workbench: Workbench, make_machine: Callable[..., str], execute: Execute, name: str
) -> None:
    # Given a role with no more than it needs
    job = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:hyper-parameter-tuning-job/{name}"
    rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/StepFunctionsGetEventsForSageMakerTuningJobsRule"
    operations = ("Create", "Describe", "Stop")
    permissions = [
        statement([f"sagemaker:{operation}{KIND}" for operation in operations], job),
        statement(["sagemaker:AddTags", f"sagemaker:ListTrainingJobsFor{KIND}"], job),
        statement("iam:PassRole", workbench.role),
        statement(["events:PutTargets", "events:PutRule", "events:DescribeRule"], rule),
    ]
    by_value = {"SortBy": "FinalObjectiveMetricValue", "SortOrder": "Descending"}
    states = {
        "Tune": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sagemaker:createHyperParameterTuningJob.sync",
            "Arguments": tuning_request(workbench, name, ResourceLimits=TWO_JOBS),
            "Next": "List",
        },
        "List": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:sagemaker:listTrainingJobsForHyperParameterTuningJob",
            "Arguments": {"HyperParameterTuningJobName": name, **by_value},
            "Output": "{% {'tuning': $states.input, 'jobs': $states.result.TrainingJobSummaries} %}",
            "End": True,
        },
    }

    # When
    ended = execute(make_machine(states, *permissions))

    # Then
    assert ended["status"] == "SUCCEEDED", ended
    assert len(ended["output"]["jobs"]) == 2
    best = ended["output"]["tuning"]["BestTrainingJob"]
    assert values([best]) == values(ended["output"]["jobs"])[:1]


def test_its_end_is_an_event(local_aws: LocalAws, workbench: Workbench, name: str) -> None:
    # Given a rule that sends the events to a queue
    queues, events = local_aws.client("sqs"), local_aws.client("events")
    queue = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker HyperParameter Tuning Job State Change"],
        "detail": {"HyperParameterTuningJobStatus": ["Completed"], "HyperParameterTuningJobName": [name]},
    }
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    # When
    tune(workbench, tuning_request(workbench, name, ResourceLimits=ONE_JOB))

    # Then
    messages = queues.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages", [])
    detail = json.loads(messages[0]["Body"])["detail"]
    assert detail["TrainingJobStatusCounters"]["Completed"] == 1
