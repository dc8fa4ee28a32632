"""A workload on the local AWS: trained and deployed, unless that was done with the same data and settings."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from cli import raw_data, registry, report, status, training
from cli.approval import PENDING
from cli.errors import OperatorError, explain, sentence
from cli.executions import Follower
from cli.local import fingerprint
from cli.local.data_folder import TrainingData
from cli.platform import Platform
from cli.progress import Board
from cli.project import LIBRARY, LOCAL
from cli.switch import SWITCHED_OFF
from settings.uploads import uploads_prefix
from settings.workload import Workload

_RECORDS: Final = LOCAL / "trained.json"
# Somebody has deployed another model since.
_OTHER_DATA: Final = "other data"
# What such an endpoint serves, or is to serve once it is on again, is nothing to do anew.
_KEEPING: Final = ("InService", SWITCHED_OFF)
_CHANGING_RECORDS: Final = Lock()


@dataclass(frozen=True)
class Result:
    """What a workload's row of the final table says; `data` names what its model was trained on."""

    workload: str
    data: str
    metric: str
    value: float
    endpoint: str
    state_machine_arn: str
    package: registry.ModelPackage
    is_off: bool = False
    """Whether the endpoint is switched off."""

    @property
    def is_deployed(self) -> bool:
        """Whether its model answers, unless it is off; else it waits for a person's approval.

        A model that was rejected after its deployment goes on answering.
        """
        return self.package.approval != PENDING


@dataclass(frozen=True)
class Failure:
    """A workload that could not be trained or deployed; `reason` says why and where to look, on one line."""

    workload: str
    data: str
    reason: str


def ensure_or_tell(
    platform: Platform, workload: Workload, data: TrainingData, board: Board
) -> Result | Failure:
    """As `ensure`, but what the operator can put right is told in place of the result."""
    try:
        return ensure(platform, workload, data, board)
    except Exception as error:
        reason = explain(error)
        if reason is None:
            raise
        return Failure(workload.name, data.name, sentence(reason))


def ensure(platform: Platform, workload: Workload, data: TrainingData, board: Board) -> Result:
    """Have the workload trained on the data and deployed.

    Raises:
        OperatorError: training or deployment failed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        if data.folder is None:
            files = raw_data.sample(workload, Path(temporary))
        else:
            files = raw_data.in_folder(workload, data.folder, {})
        wanted = _fingerprint(workload, files)
        package = _unchanged(platform, workload, wanted)
        if package is not None:
            with board.step(f"{workload.name} · trained and deployed") as step:
                step.unchanged()
        else:
            package = _train(platform, workload, files, Follower(platform.target, board))
            _remember(_key(platform, workload), wanted, package)
    return _result(platform, workload, package, data.name, files)


def _train(
    platform: Platform, workload: Workload, files: list[raw_data.LocalFile], follower: Follower
) -> registry.ModelPackage:
    sources = raw_data.upload(platform, uploads_prefix(workload), files)
    arn = training.start(platform, workload, training.RunInput(sources=sources))
    result = training.run_to_end(platform, workload, arn, follower)
    return registry.describe(platform, result.output["model_package_arn"])


def _result(
    platform: Platform,
    workload: Workload,
    package: registry.ModelPackage,
    data: str,
    files: list[raw_data.LocalFile],
) -> Result:
    gate, found = workload.gate, report.read(platform, workload, package)
    trained_on = {file["sha256"] for file in found.data["files"]}
    return Result(
        workload=workload.name,
        data=data if trained_on == {file.sha256 for file in files} else _OTHER_DATA,
        metric=gate.metric,
        value=found.metric(gate.metric_group, gate.metric),
        endpoint=platform.endpoint(workload),
        state_machine_arn=platform.state_machine(workload),
        package=package,
        is_off=_is_off(platform, workload),
    )


def _is_off(platform: Platform, workload: Workload) -> bool:
    endpoint = status.endpoint_of(platform, workload)
    return endpoint is not None and endpoint.status == SWITCHED_OFF


def _fingerprint(workload: Workload, files: list[raw_data.LocalFile]) -> str:
    checksums = [f"{file.name} {file.sha256}" for file in files]
    settings = workload.model_dump_json(exclude={"folder"})
    return fingerprint.of([workload.folder, LIBRARY], settings, *checksums)


def _unchanged(platform: Platform, workload: Workload, wanted: str) -> registry.ModelPackage | None:
    """If a run with this fingerprint was accepted: its package, or what the endpoint serves since."""
    record = _records().get(_key(platform, workload))
    if record is None or record["fingerprint"] != wanted:
        return None
    try:
        package = registry.describe(platform, record["model_package_arn"])
    except OperatorError:
        return None
    if package.run != record["run"]:
        return None
    served = _served(platform, workload)
    if package.approval == PENDING and (served is None or served.version < package.version):
        return package
    return served


def _served(platform: Platform, workload: Workload) -> registry.ModelPackage | None:
    endpoint = status.endpoint_of(platform, workload)
    if endpoint is None or endpoint.status not in _KEEPING or endpoint.serves is None:
        return None
    return registry.describe(platform, endpoint.serves)


def _remember(key: str, wanted: str, package: registry.ModelPackage) -> None:
    with _CHANGING_RECORDS:
        records = _records()
        records[key] = {
            "fingerprint": wanted,
            "model_package_arn": package.arn,
            "run": package.run,
        }
        _RECORDS.write_text(json.dumps(records, indent=2) + "\n")


def _key(platform: Platform, workload: Workload) -> str:
    return f"{platform.environment.name}/{workload.name}"


def _records() -> dict[str, Any]:
    try:
        records: dict[str, Any] = json.loads(_RECORDS.read_text())
    except (OSError, ValueError):
        return {}
    return records
