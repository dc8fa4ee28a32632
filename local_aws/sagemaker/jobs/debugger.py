"""Debugger: what a training container's hook has saved goes to S3, where each rule's processing job reads it.

https://docs.aws.amazon.com/sagemaker/latest/dg/debugger-training-xgboost-report.html
"""

import hashlib
import json
import time
from typing import Any

from local_aws.images.catalogue import PROJECT
from local_aws.sagemaker import store
from local_aws.sagemaker.container import Filesystem
from local_aws.sagemaker.jobs import lifecycle, processing
from local_aws.sagemaker.jobs.lifecycle import Job
from local_aws.sagemaker.kinds import PROCESSING_JOB
from local_aws.sagemaker.store import Record
from local_aws.sagemaker.uris import S3Location

_DEFAULT_LOCAL_PATH = "/opt/ml/output/tensors"
_ROOT = "/opt/ml/processing"
_MODULE = "local_aws.images.algorithms.debugger_rules.evaluate"
_DEFAULT_RULE_INSTANCE = "ml.m5.large"
_DEFAULT_RULE_VOLUME_GB = 10
_RULE_SECONDS = 3600
_NAME_LIMIT = 63
# A rule finds issues by raising; one that reports ends well once its report is written.
_STATUSES = {"Completed": "NoIssuesFound", "Failed": "Error"}


def write_hook_config(job: Job, filesystem: Filesystem) -> None:
    """Tell the container's hook what to save, in the file that SageMaker writes."""
    hook = job.record.get("DebugHookConfig")
    if hook is None:
        return
    path = filesystem.ml / "input" / "config" / "debughookconfig.json"
    path.write_text(json.dumps({"LocalPath": _DEFAULT_LOCAL_PATH, **hook}))


def hand_over(job: Job, filesystem: Filesystem) -> None:
    """Upload what the hook has saved, and start the rules' jobs."""
    hook = job.record.get("DebugHookConfig")
    if hook is None:
        return
    target = S3Location.parse(hook["S3OutputPath"]).joined(f"{job.name}/debug-output")
    folder = filesystem.path(hook.get("LocalPath", _DEFAULT_LOCAL_PATH))
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        job.storage.upload(path, target.joined(name), job.record["OutputDataConfig"].get("KmsKeyId"))
    started = {
        rule["RuleConfigurationName"]: _start(job, rule, str(target))
        for rule in job.record.get("DebugRuleConfigurations", [])
    }
    lifecycle.change(job, _RuleJobs=started)


def _start(job: Job, rule: dict[str, Any], tensors: str) -> str:
    """Start a rule's processing job; returns its name."""
    rule_name = rule["RuleConfigurationName"]
    digest = hashlib.sha256(f"{job.record['TrainingJobArn']} {rule_name}".encode()).hexdigest()[:8]
    suffix = f"-{rule_name[:24]}-{digest}"
    # ARNs are in lower case, and who has the rule's ARN looks its job up by the name in it.
    name = (job.name[: _NAME_LIMIT - len(suffix)] + suffix).lower()
    base = S3Location.parse(rule.get("S3OutputPath") or job.record["DebugHookConfig"]["S3OutputPath"])
    output = {
        "S3Uri": str(base.joined(f"{job.name}/{rule_name}/rule-output")),
        "LocalPath": rule.get("LocalPath", f"{_ROOT}/output/rule"),
        "S3UploadMode": "EndOfJob",
    }
    source = {"S3Uri": tensors, "LocalPath": f"{_ROOT}/input/tensors", "S3DataType": "S3Prefix"}
    kms_key = job.record["OutputDataConfig"].get("KmsKeyId")
    cluster = {
        "InstanceType": rule.get("InstanceType", _DEFAULT_RULE_INSTANCE),
        "InstanceCount": 1,
        "VolumeSizeInGB": rule.get("VolumeSizeInGB") or _DEFAULT_RULE_VOLUME_GB,
    }
    processing.create(
        {
            "ProcessingJobName": name,
            "RoleArn": job.role_arn,
            "TrainingJobArn": job.record["TrainingJobArn"],
            "AppSpecification": {
                "ImageUri": rule["RuleEvaluatorImage"],
                "ContainerEntrypoint": ["python3", "-m", _MODULE],
                "ContainerArguments": [
                    *("--rule", rule["RuleParameters"]["rule_to_invoke"]),
                    *("--tensors", source["LocalPath"], "--output", output["LocalPath"]),
                    *("--job", job.name),
                ],
            },
            "Environment": {"PYTHONPATH": str(PROJECT)},
            "ProcessingInputs": [{"InputName": "tensors", "S3Input": {**source, "S3InputMode": "File"}}],
            "ProcessingOutputConfig": {
                "Outputs": [{"OutputName": "report", "S3Output": output}],
                **({"KmsKeyId": kms_key} if kms_key else {}),
            },
            "ProcessingResources": {"ClusterConfig": cluster},
            "StoppingCondition": {"MaxRuntimeInSeconds": _RULE_SECONDS},
        }
    )
    return name


def with_rule_statuses(record: Record) -> Record:
    """A training job's record with the rules as they stand; their processing jobs tell how."""
    rules = record.get("DebugRuleConfigurations", [])
    if not rules:
        return record
    statuses = [_status(record, rule["RuleConfigurationName"]) for rule in rules]
    return {**record, "DebugRuleEvaluationStatuses": statuses}


def _status(record: Record, rule_name: str) -> dict[str, Any]:
    status: dict[str, Any] = {"RuleConfigurationName": rule_name}
    name = record.get("_RuleJobs", {}).get(rule_name)
    rule_job = store.find(PROCESSING_JOB, name) if name else None
    if rule_job is None:
        waits = record["TrainingJobStatus"] in ("InProgress", "Stopping")
        changed = record.get("LastModifiedTime", time.time())
        return {
            **status,
            "RuleEvaluationStatus": "InProgress" if waits else "Stopped",
            "LastModifiedTime": changed,
        }
    state = rule_job["ProcessingJobStatus"]
    status["RuleEvaluationJobArn"] = rule_job["ProcessingJobArn"]
    status["RuleEvaluationStatus"] = _STATUSES.get(state, state)
    if "FailureReason" in rule_job:
        status["StatusDetails"] = rule_job["FailureReason"]
    return {**status, "LastModifiedTime": rule_job["LastModifiedTime"]}
