"""The states that put the newest approved model's evaluation beside the new run's, for comparison."""

from stacks.constructs.job_parts import JobParts
from stacks.constructs.model_states import PACKAGE_GROUP, find_newest_approved
from stacks.constructs.run_records import read_document, write_document
from stacks.constructs.states import State, call_sagemaker, catch, choose, expression


def previous_model_states(parts: JobParts, following: str) -> dict[str, State]:
    """Begins with `FindPrevious`; leaves previous/evaluation.json in the run where there is one.

    `$previous_metric` is then that model's value of the gate's metric, or null.
    """
    gate = parts.workload.gate
    document = "$parse($states.result.Body)"
    key = f"'runs/{parts.workload.name}/' & $previous_run & '/evaluation/evaluation.json'"
    return {
        "FindPrevious": find_newest_approved(
            "FindPrevious",
            variable="previous",
            following="IsTherePrevious",
            assign={"previous_metric": expression("null")},
        ),
        "IsTherePrevious": choose("$count($previous) > 0", "DescribePrevious", following),
        "DescribePrevious": call_sagemaker(
            "describeModelPackage",
            {"ModelPackageName": expression("$previous[0]")},
            assign={"previous_run": expression("$states.result.CustomerMetadataProperties.run")},
            catching=catch("DescribePrevious", PACKAGE_GROUP, "NotifyFailure"),
            following="ReadPrevious",
        ),
        # An evaluation that was deleted, or measured something else, is no reason to refuse a new model.
        "ReadPrevious": read_document(
            "ReadPrevious",
            "ArtifactsBucket",
            key,
            assign={
                "previous_evaluation": expression(document),
                "previous_metric": expression(f"$number({document}.{gate.metric_group}.{gate.metric}.value)"),
            },
            following="RecordPrevious",
            failing=following,
        ),
        "RecordPrevious": write_document(
            "RecordPrevious",
            f"{parts.run_prefix} & 'previous/evaluation.json'",
            expression("$previous_evaluation"),
            following=following,
        ),
    }
