"""The operations that ask a workload's model in the workload's own words."""

from collections.abc import Mapping
from typing import Any

from settings.inference_script import load_inference
from settings.workload import Workload
from stacks.contract import faults
from stacks.contract.body import Body
from stacks.contract.faults import Fault, Refusal
from stacks.contract.operation import Operation

_ANYTHING = {"anyOf": [{"type": "object"}, {"type": "array"}]}
_BAD_DOCUMENT = Fault(
    status=400, code="InvalidRequest", message="age: 'old' is not a whole number from 0 to 120"
)


def prediction_id(workload: Workload) -> str:
    """The id of the operation that asks the workload's model."""
    return f"predict_{workload.name}"


def prediction_operation(workload: Workload, asking: tuple[Refusal, ...]) -> Operation:
    """The operation of one workload; `asking` may be answered to any request that has a model asked."""
    interface = _interface(workload)
    return Operation(
        id=prediction_id(workload),
        method="POST",
        path=f"/predictions/{workload.name}",
        summary=workload.description,
        request=_body(f"{workload.pascal}Request", interface["request"]),
        answer=_body(f"{workload.pascal}Answer", interface["answer"]),
        faults=(
            _BAD_DOCUMENT,
            *asking,
            faults.TOO_LARGE,
            faults.OTHER_MEDIA_TYPE,
            faults.INTERNAL,
            faults.MODEL_FAILED,
            faults.UNREADABLE,
            faults.UNAVAILABLE,
            faults.LATE,
        ),
    )


def _interface(workload: Workload) -> Mapping[str, Any]:
    """What the workload's inference.py says of itself, if it does."""
    script = load_inference(workload.folder)
    if not hasattr(script, "interface"):
        return {"request": {"schema": _ANYTHING}, "answer": {"schema": _ANYTHING}}
    interface: Mapping[str, Any] = script.interface(workload.preparation.parameters)
    return interface


def _body(name: str, described: Mapping[str, Any]) -> Body:
    examples = {"example": described["example"]} if "example" in described else {}
    return Body(name=name, schema=described["schema"], examples=examples)
