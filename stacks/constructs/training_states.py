"""The states that train a model: one training job, or a tuning job that searches by several."""

from typing import Any

from settings.script_fit import CODE_CHANNEL
from settings.tuning import CategoricalRange, IntegerRange, Tuning
from stacks.constructs.job_parts import SUBMITTED_CODE, JobParts, streams
from stacks.constructs.run_records import write_document
from stacks.constructs.states import (
    State,
    call_sagemaker,
    catch,
    expression,
    fail_with,
    run_job,
    vpc_config,
    wait,
)

LOOK_AT_RULES_SECONDS = 30
MOST_LOOKS_AT_RULES = 60

# What of a training job's description the run keeps. `[…]` makes one metric a list, and none an empty one.
_TRAINING_RECORD = (
    "{'training_job_name': $states.result.TrainingJobName,"
    " 'metrics': [$states.result.FinalMetricDataList.{'MetricName': MetricName, 'Value': Value}],"
    " 'training_seconds': $states.result.TrainingTimeInSeconds,"
    " 'billable_seconds': $states.result.BillableTimeInSeconds,"
    " 'debug_rules': [$states.result.DebugRuleEvaluationStatuses."
    "{'RuleConfigurationName': RuleConfigurationName, 'RuleEvaluationStatus': RuleEvaluationStatus}]}"
)
_TRAINED = {
    "model_data_url": expression("$states.result.ModelArtifacts.S3ModelArtifacts"),
    "training": expression(_TRAINING_RECORD),
}


def training_states(parts: JobParts, following: str) -> dict[str, State]:
    """Train, and keep what came of it as training.json; begins with `Train` or `Tune`."""
    if parts.workload.tuning:
        states = _tuning_states(parts, parts.workload.tuning)
    elif parts.workload.debugger:
        states = {"Train": _train(parts, "CountLooksAtRules"), **_debugger_states()}
    else:
        states = {"Train": _train(parts, "RecordTraining")}
    recorded = write_document(
        "RecordTraining",
        f"{parts.run_prefix} & 'training.json'",
        expression("$training"),
        following=following,
    )
    return {**states, "RecordTraining": recorded}


def first_training_state(parts: JobParts) -> str:
    """The name of the state that training begins with."""
    return "Tune" if parts.workload.tuning else "Train"


def _train(parts: JobParts, following: str) -> State:
    job = _job(parts)
    hyperparameters = _hyperparameters(parts)
    return run_job(
        "createTrainingJob",
        {
            "TrainingJobName": expression("$run.name & '-train'"),
            "HyperParameters": hyperparameters,
            **job,
            **_debugger(parts),
            "Tags": parts.tags,
        },
        max_runtime_seconds=_seconds(parts),
        assign=_TRAINED,
        catching=catch("Train", streams("TrainingJobs", "$run.name & '-train'"), "NotifyFailure"),
        following=following,
    )


def _tuning_states(parts: JobParts, tuning: Tuning) -> dict[str, State]:
    look = streams("TrainingJobs", "$tuning_job_name")
    rounds = -(-tuning.max_jobs // tuning.max_parallel_jobs)
    best_first = "Descending" if tuning.objective.goal == "Maximize" else "Ascending"
    ranking = {
        "tuning_job_name": expression("$tuning_job_name"),
        "strategy": tuning.strategy,
        "objective": {"metric": tuning.objective.metric, "goal": tuning.objective.goal},
        "best_training_job": expression("$best_training_job"),
        "jobs": expression("$states.input.TrainingJobSummaries"),
    }
    return {
        "Tune": run_job(
            "createHyperParameterTuningJob",
            {
                "HyperParameterTuningJobName": expression(f"'{parts.workload.slug}-' & $run.id"),
                "HyperParameterTuningJobConfig": _search(tuning),
                "TrainingJobDefinition": {"StaticHyperParameters": _hyperparameters(parts), **_job(parts)},
                **_warm_start(tuning),
                "Tags": parts.tags,
            },
            max_runtime_seconds=rounds * _seconds(parts),
            assign={
                "tuning_job_name": expression("$states.result.HyperParameterTuningJobName"),
                "best_training_job": expression("$states.result.BestTrainingJob.TrainingJobName"),
            },
            catching=catch(
                "Tune", streams("TrainingJobs", f"'{parts.workload.slug}-' & $run.id"), "NotifyFailure"
            ),
            following="RankTrainingJobs",
        ),
        "RankTrainingJobs": call_sagemaker(
            "listTrainingJobsForHyperParameterTuningJob",
            {
                "HyperParameterTuningJobName": expression("$tuning_job_name"),
                "SortBy": "FinalObjectiveMetricValue",
                "SortOrder": best_first,
                "MaxResults": 100,  # which is the largest number of jobs that the settings allow
            },
            catching=catch("RankTrainingJobs", look, "NotifyFailure"),
            following="RecordTuning",
        ),
        "RecordTuning": write_document(
            "RecordTuning", f"{parts.run_prefix} & 'tuning.json'", ranking, following="DescribeBest"
        ),
        "DescribeBest": call_sagemaker(
            "describeTrainingJob",
            {"TrainingJobName": expression("$best_training_job")},
            assign=_TRAINED,
            catching=catch("DescribeBest", look, "NotifyFailure"),
            following="RecordTraining",
        ),
    }


def _debugger_states() -> dict[str, State]:
    """Wait for the rules, which are evaluated beside the training job and for a while after it."""
    look = streams("ProcessingJobs", "$run.name & '-train'")
    statuses = "$training.debug_rules.RuleEvaluationStatus"
    return {
        "CountLooksAtRules": {"Type": "Pass", "Assign": {"looks": 0}, "Next": "AreRulesEvaluated"},
        "AreRulesEvaluated": {
            "Type": "Choice",
            "Choices": [
                {"Condition": expression(f"'Error' in {statuses}"), "Next": "ReportMissing"},
                {"Condition": expression(f"$not('InProgress' in {statuses})"), "Next": "RecordTraining"},
                {"Condition": expression(f"$looks < {MOST_LOOKS_AT_RULES}"), "Next": "WaitForRules"},
            ],
            "Default": "ReportMissing",
        },
        "WaitForRules": wait(LOOK_AT_RULES_SECONDS, "LookAtRules"),
        "LookAtRules": call_sagemaker(
            "describeTrainingJob",
            {"TrainingJobName": expression("$run.name & '-train'")},
            assign={**_TRAINED, "looks": expression("$looks + 1")},
            catching=catch("LookAtRules", look, "NotifyFailure"),
            following="AreRulesEvaluated",
        ),
        "ReportMissing": fail_with(
            "AreRulesEvaluated",
            "DebuggerReportMissing",
            f"'the rules of Debugger are ' & $string({statuses})",
            look=look,
        ),
    }


def _job(parts: JobParts) -> dict[str, Any]:
    """What a training job and the definition of a tuning job's training jobs have in common."""
    workload = parts.workload
    metrics = [{"Name": name, "Regex": regex} for name, regex in workload.algorithm.metrics.items()]
    return {
        "RoleArn": "${TrainingRoleArn}",
        "AlgorithmSpecification": {
            "TrainingImage": "${AlgorithmImage}",
            "TrainingInputMode": "File",
            **({"MetricDefinitions": metrics} if metrics else {}),
        },
        "InputDataConfig": _channels(parts),
        "OutputDataConfig": {
            "S3OutputPath": expression("$run.artifacts_uri & 'model'"),
            "KmsKeyId": "${KeyArn}",
        },
        "ResourceConfig": {
            "InstanceType": expression("$run.instances.training.instance_type"),
            "InstanceCount": expression("$run.instances.training.instance_count"),
            "VolumeSizeInGB": expression("$run.instances.training.volume_gb"),
            "VolumeKmsKeyId": "${KeyArn}",
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": _seconds(parts)},
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": True,  # of no effect where there is one instance
        **vpc_config(parts.environment),
    }


def _channels(parts: JobParts) -> list[dict[str, Any]]:
    channels = [
        _channel(name, expression(f"$run.processed_uri & '{name}/'"), channel.distribution)
        | {"ContentType": channel.content_type}
        for name, channel in parts.workload.channels.items()
    ]
    if parts.workload.algorithm.script:
        channels.append(_channel(CODE_CHANNEL, parts.code_uri, "FullyReplicated"))
    return channels


def _channel(name: str, uri: str, distribution: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": distribution}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def _hyperparameters(parts: JobParts) -> str:
    script = parts.workload.algorithm.script
    if not script:
        return expression("$run.hyperparameters")
    own = f"{{'sagemaker_program': '{script}', 'sagemaker_submit_directory': '{SUBMITTED_CODE}'}}"
    return expression(f"$merge([$run.hyperparameters, {own}])")


def _search(tuning: Tuning) -> dict[str, Any]:
    ranges: dict[str, list[dict[str, Any]]] = {}
    for name, choice in tuning.ranges.items():
        if isinstance(choice, CategoricalRange):
            ranges.setdefault("CategoricalParameterRanges", []).append(
                {"Name": name, "Values": list(choice.values)}
            )
            continue
        kind = "Integer" if isinstance(choice, IntegerRange) else "Continuous"
        ranges.setdefault(f"{kind}ParameterRanges", []).append(
            {
                "Name": name,
                "MinValue": str(choice.minimum),
                "MaxValue": str(choice.maximum),
                "ScalingType": choice.scaling,
            }
        )
    return {
        "Strategy": tuning.strategy,
        "HyperParameterTuningJobObjective": {
            "MetricName": tuning.objective.metric,
            "Type": tuning.objective.goal,
        },
        "ResourceLimits": {
            "MaxNumberOfTrainingJobs": tuning.max_jobs,
            "MaxParallelTrainingJobs": tuning.max_parallel_jobs,
        },
        "ParameterRanges": ranges,
        "TrainingJobEarlyStoppingType": tuning.early_stopping,
        "RandomSeed": tuning.seed,
    }


def _warm_start(tuning: Tuning) -> dict[str, Any]:
    if tuning.warm_start is None:
        return {}
    parents = [{"HyperParameterTuningJobName": name} for name in tuning.warm_start.parents]
    return {
        "WarmStartConfig": {
            "ParentHyperParameterTuningJobs": parents,
            "WarmStartType": tuning.warm_start.type,
        }
    }


def _debugger(parts: JobParts) -> dict[str, Any]:
    """https://docs.aws.amazon.com/sagemaker/latest/dg/debugger-training-xgboost-report-estimator.html."""
    debugger = parts.workload.debugger
    if debugger is None:
        return {}
    rule, path = "CreateXgboostReport", expression("$run.artifacts_uri & 'debugger'")
    often = {"save_interval": str(debugger.save_interval)}
    collections = [
        {"CollectionName": name, "CollectionParameters": often}
        for name in ("metrics", "feature_importance", "predictions", "labels")
    ]
    collections.append({"CollectionName": "hyperparameters", "CollectionParameters": {"save_steps": "0"}})
    return {
        "DebugHookConfig": {"S3OutputPath": path, "CollectionConfigurations": collections},
        "DebugRuleConfigurations": [
            {
                "RuleConfigurationName": rule,
                "RuleEvaluatorImage": "${DebuggerImage}",
                "RuleParameters": {"rule_to_invoke": rule},
                "S3OutputPath": path,
            }
        ],
    }


def _seconds(parts: JobParts) -> int:
    return parts.workload.training.max_runtime_minutes * 60
