"""The training state machine of one workload: data in, model package out.

ResolveRun -> Ingest -> Prepare -> Train or Tune -> CreateModel -> Transform -> Clarify (where it is asked
for) -> DeleteModel -> FindPrevious -> Evaluate -> ReadEvaluation -> Gate -> Register -> Approve (where the
environment approves by itself).
"""

from typing import Any

from settings.environment import Environment
from settings.workload import Workload
from stacks.constructs.clarify_states import clarify_states
from stacks.constructs.job_parts import CANDIDATE, JobParts
from stacks.constructs.job_states import processing_job, transform_job
from stacks.constructs.model_states import PACKAGE_GROUP, create_model, delete_model_states
from stacks.constructs.previous_model_states import previous_model_states
from stacks.constructs.run_records import read_document
from stacks.constructs.states import (
    API_CALL_SECONDS,
    State,
    call_sagemaker,
    catch,
    choose,
    expression,
    failure_states,
    invoke,
    publish,
)
from stacks.constructs.training_states import first_training_state, training_states

RESOLVE_SECONDS = 60
INGEST_SECONDS = 15 * 60


def training_definition(
    workload: Workload, environment: Environment, *, code_prefix: str, plotting_prefix: str
) -> dict[str, Any]:
    """Write the definition.

    The prefixes are in the artifacts bucket and end in a slash: of the workload's scripts, and of what its
    evaluation draws with.
    """
    bucket = "s3://${ArtifactsBucket}/"
    parts = JobParts(
        workload=workload,
        environment=environment,
        code_uri=bucket + code_prefix,
        plotting_uri=bucket + plotting_prefix,
    )
    return _TrainingDefinition(parts).definition()


class _TrainingDefinition:
    def __init__(self, parts: JobParts) -> None:
        self.parts = parts
        self.workload = parts.workload
        self.environment = parts.environment

    def definition(self) -> dict[str, Any]:
        states = (
            self._data_states()
            | self._model_states()
            | self._verdict_states()
            | failure_states(f"{self.workload.name}: training failed")
        )
        return {
            "Comment": f"Prepare, train, evaluate, gate and register {self.workload.name}",
            "QueryLanguage": "JSONata",
            "TimeoutSeconds": sum(
                state.get("TimeoutSeconds", 0) for state in states.values() if state["Type"] == "Task"
            ),
            "StartAt": "ResolveRun",
            "States": states,
        }

    def _data_states(self) -> dict[str, State]:
        return {
            "ResolveRun": invoke(
                "ResolveRunFunctionArn",
                {
                    "workload": self._settings(),
                    "overrides": expression("$states.input"),
                    "execution_arn": expression("$states.context.Execution.Id"),
                },
                timeout_seconds=RESOLVE_SECONDS,
                assign={"run": expression("$states.result.Payload")},
                catching=catch("ResolveRun", "'the execution input'", "NotifyFailure"),
                following="Ingest",
            ),
            "Ingest": invoke(
                "IngestFunctionArn",
                {
                    "workload": self.workload.name,
                    "run": expression("$run.id"),
                    "files": expression("$run.files"),
                },
                timeout_seconds=INGEST_SECONDS + API_CALL_SECONDS,
                assign={"data": expression("$states.result.Payload")},
                catching=catch("Ingest", "'the log group of the ingest function'", "NotifyFailure"),
                following="Prepare",
            ),
            "Prepare": processing_job(
                "prepare",
                self.parts,
                stage="preparation",
                inputs={"raw": expression("$data.raw_uri")},
                output=expression("$run.processed_uri"),
                parameters=self.workload.preparation.parameters,
                following=first_training_state(self.parts),
            ),
        }

    def _model_states(self) -> dict[str, State]:
        return {
            **training_states(self.parts, following="CreateModel"),
            "CreateModel": create_model(
                self.workload,
                self.environment,
                name=CANDIDATE,
                role="ModelRoleArn",
                container=self.parts.container(expression("$model_data_url")),
                following="Transform",
            ),
            **self._candidate_states(),
            # The candidate's artifacts stay in S3.
            **delete_model_states(CANDIDATE, following="FindPrevious"),
            **previous_model_states(self.parts, following="Evaluate"),
            "Evaluate": processing_job(
                "evaluate",
                self.parts,
                stage="evaluation",
                inputs={
                    "test": expression("$run.processed_uri & 'test/'"),
                    "predictions": expression("$run.artifacts_uri & 'transform/'"),
                    "encoder": expression("$run.processed_uri & 'encoder/'"),
                    "run": expression("$run.artifacts_uri"),
                },
                output=expression("$run.artifacts_uri & 'evaluation/'"),
                plots=True,
                following="ReadEvaluation",
            ),
        }

    def _candidate_states(self) -> dict[str, State]:
        """What the candidate's model resource is there for."""
        clarify = self.workload.clarify
        if clarify is None:
            return {"Transform": transform_job(self.parts, following="DeleteModel")}
        resource_name = self.environment.resource_name(self.workload.slug)
        return {
            "Transform": transform_job(self.parts, following="ReadColumns"),
            **clarify_states(self.parts, clarify, resource_name, following="DeleteModel"),
        }

    def _verdict_states(self) -> dict[str, State]:
        approves = self.environment.approval == "automatic"
        states = {
            "ReadEvaluation": read_document(
                "ReadEvaluation",
                "ArtifactsBucket",
                f"{self.parts.run_prefix} & 'evaluation/evaluation.json'",
                assign=self._judged(),
                following="Gate",
            ),
            **self._gates(),
            "NotifyRejection": publish(
                f"{self.workload.name}: not registered",
                expression(
                    "'The gate refused the model: ' & $verdict"
                    " & '. Nothing was registered. See ' & $run.artifacts_uri & 'evaluation/'"
                ),
                "GateNotPassed",
            ),
            "GateNotPassed": {
                "Type": "Fail",
                "Error": "GateNotPassed",
                "Cause": expression(
                    "$verdict & '; nothing was registered. See ' & $run.artifacts_uri & 'evaluation/'"
                ),
            },
            "Register": self._register(following="Approve" if approves else "NotifyApprovalNeeded"),
            "Registered": self._registered(),
        }
        return states | (self._approve() if approves else self._ask_for_approval())

    def _judged(self) -> dict[str, str]:
        """What the gates look at, and what they ask for in words."""
        gate, document = self.workload.gate, "$parse($states.result.Body)"
        words = f"at least {gate.minimum}" if gate.minimum is not None else f"at most {gate.maximum}"
        value = f"$number({document}.{gate.metric_group}.{gate.metric}.value)"
        verdict = f"'{gate.metric} ' & $string({value}) & ', {words} asked'"
        judged = {"metric": expression(value)}
        bias_gate = self.workload.clarify and self.workload.clarify.gate
        if bias_gate:
            bias = f"$number({document}.bias_metrics.`{bias_gate.name}`.value)"
            judged["bias"] = expression(bias)
            asked = f"', at most {bias_gate.largest} in either direction asked'"
            verdict += f" & '; {bias_gate.name} ' & $string({bias}) & {asked}"
        if gate.largest_regression is not None:
            asked = f"', at most {gate.largest_regression} worse asked'"
            before = f"'; the newest approved model has ' & $string($previous_metric) & {asked}"
            verdict += f" & ($previous_metric = null ? '' : {before})"
        return {**judged, "verdict": expression(verdict)}

    def _gates(self) -> dict[str, State]:
        gate = self.workload.gate
        sign, bound = (">=", gate.minimum) if gate.minimum is not None else ("<=", gate.maximum)
        conditions = {"Gate": f"$metric {sign} {bound}"}
        bias_gate = self.workload.clarify and self.workload.clarify.gate
        if bias_gate:
            conditions["BiasGate"] = f"$abs($bias) <= {bias_gate.largest}"
        if gate.largest_regression is not None:
            worse = "$previous_metric - $metric" if sign == ">=" else "$metric - $previous_metric"
            conditions["RegressionGate"] = f"$previous_metric = null or {worse} <= {gate.largest_regression}"
        passed = [*list(conditions)[1:], "Register"]
        return {
            name: choose(condition, following, "NotifyRejection")
            for (name, condition), following in zip(conditions.items(), passed, strict=True)
        }

    def _settings(self) -> dict[str, Any]:
        """The workload's own settings, which an execution's input may override."""
        workload = self.workload
        stages = {
            "training": workload.training,
            "preparation": workload.preparation,
            "evaluation": workload.evaluation,
            "transform": workload.transform,
        }
        return {
            "name": workload.name,
            "resource_name": self.environment.resource_name(workload.slug),
            "algorithm": workload.algorithm.name,
            "script": bool(workload.algorithm.script),
            "tuned": sorted(workload.tuning.ranges) if workload.tuning else [],
            "hyperparameters": {name: str(value) for name, value in workload.hyperparameters.items()},
            "files": [file.model_dump(mode="json") for file in workload.data.files],
            "instances": {
                name: stage.model_dump(mode="json", include={"instance_type", "instance_count", "volume_gb"})
                for name, stage in stages.items()
            },
        }

    def _register(self, following: str) -> State:
        inference = self.workload.inference
        return call_sagemaker(
            "createModelPackage",
            {
                "ModelPackageGroupName": "${ModelPackageGroupName}",
                "ModelPackageDescription": expression(f"'{self.workload.name}, run ' & $run.id"),
                "ModelApprovalStatus": "PendingManualApproval",
                "InferenceSpecification": {
                    "Containers": [self.parts.container(expression("$model_data_url"))],
                    "SupportedContentTypes": [inference.content_type],
                    "SupportedResponseMIMETypes": [inference.accept],
                },
                "ModelMetrics": {
                    "ModelQuality": {
                        "Statistics": {
                            "ContentType": "application/json",
                            "S3Uri": expression("$run.artifacts_uri & 'evaluation/evaluation.json'"),
                        }
                    }
                },
                "CustomerMetadataProperties": {
                    "run": expression("$run.id"),
                    "execution_arn": expression("$states.context.Execution.Id"),
                    "artifacts_uri": expression("$run.artifacts_uri"),
                    "sample_uri": expression("$run.artifacts_uri & 'evaluation/sample.json'"),
                    "data_sha256": expression("$data.data_sha256"),
                },
            },
            assign={"model_package_arn": expression("$states.result.ModelPackageArn")},
            catching=catch("Register", PACKAGE_GROUP, "NotifyFailure"),
            following=following,
        )

    def _approve(self) -> dict[str, State]:
        """Approving is a call of its own: its event starts the deployment."""
        approve = call_sagemaker(
            "updateModelPackage",
            {
                "ModelPackageArn": expression("$model_package_arn"),
                "ModelApprovalStatus": "Approved",
                "ApprovalDescription": expression("'Approved by the pipeline: ' & $verdict"),
            },
            catching=catch("Approve", "'the model package ' & $model_package_arn", "NotifyFailure"),
            following="Registered",
        )
        return {"Approve": approve}

    def _ask_for_approval(self) -> dict[str, State]:
        message = (
            f"'A model of {self.workload.name} awaits approval: ' & $verdict"
            " & '. Package: ' & $model_package_arn & '. Run: ' & $run.artifacts_uri"
        )
        subject = f"{self.workload.name}: approval needed"
        return {"NotifyApprovalNeeded": publish(subject, expression(message), "Registered")}

    def _registered(self) -> State:
        gate = self.workload.gate
        bound = {"minimum": gate.minimum} if gate.minimum is not None else {"maximum": gate.maximum}
        approved = self.environment.approval == "automatic"
        return {
            "Type": "Succeed",
            "Output": {
                "workload": self.workload.name,
                "run": expression("$run.id"),
                "artifacts_uri": expression("$run.artifacts_uri"),
                "metric": {"name": gate.metric, "value": expression("$metric"), **bound},
                "model_package_arn": expression("$model_package_arn"),
                "approval_status": "Approved" if approved else "PendingManualApproval",
            },
        }
