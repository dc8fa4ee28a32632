"""A workload on the local AWS: trained and deployed, unless that was done with the same data and settings."""

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from cli import raw_data, registry, report, status, training
from cli.approval import APPROVED, PENDING
from cli.errors import OperatorError
from cli.executions import Follower
from cli.local import fingerprint
from cli.platform import Platform
from cli.progress import Board
from cli.project import LIBRARY, LOCAL
from settings.workload import Workload

_RECORDS: Final = LOCAL / "trained.json"
_CHANGING_RECORDS: Final = Lock()


@dataclass(frozen=True)
class Result:
    """What a workload's row of the final table says."""

    workload: str
    metric: str
    value: float
    endpoint: str
    state_machine_arn: str
    package: registry.ModelPackage

    @property
    def is_deployed(self) -> bool:
        """Whether its model answers, or waits for a person's approval."""
        return self.package.approval == APPROVED


def data_folder_for(workload: Workload, folder: Path | None) -> Path | None:
    """`folder` if it holds all of the workload's data files."""
    if folder and all((folder / file.name).is_file() for file in workload.data.files):
        return folder
    return None


def require_useful(folder: Path | None, workloads: Iterable[Workload]) -> None:
    """Raise OperatorError if the operator's data folder holds no workload's data."""
    if folder is None:
        return
    if not folder.is_dir():
        raise OperatorError(f"There is no folder {folder}: DATA names the folder that holds raw data files.")
    if not any(data_folder_for(workload, folder) for workload in workloads):
        wanted = "; ".join(
            f"{workload.name}: {', '.join(file.name for file in workload.data.files)}"
            for workload in workloads
        )
        raise OperatorError(f"{folder} holds no workload's raw data. What they need: {wanted}.")


def ensure(platform: Platform, workload: Workload, folder: Path | None, board: Board) -> Result:
    """Have the workload trained on the data in `folder` (None: sample data) and deployed.

    Raises:
        OperatorError: training or deployment failed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        if folder is None:
            files = raw_data.sample(workload, Path(temporary))
        else:
            files = raw_data.in_folder(workload, folder, {})
        wanted = _fingerprint(workload, files)
        package = _unchanged(platform, workload, wanted)
        if package is not None:
            with board.step(f"{workload.name} · trained and deployed") as step:
                step.unchanged()
        else:
            package = _train(platform, workload, files, Follower(platform.target, board))
            _remember(_key(platform, workload), wanted, package)
    return _result(platform, workload, package)


def _train(
    platform: Platform, workload: Workload, files: list[raw_data.LocalFile], follower: Follower
) -> registry.ModelPackage:
    sources = raw_data.upload(platform, raw_data.uploads(workload), files)
    arn = training.start(platform, workload, training.RunInput(sources=sources))
    result = training.run_to_end(platform, workload, arn, follower)
    return registry.describe(platform, result.output["model_package_arn"])


def _result(platform: Platform, workload: Workload, package: registry.ModelPackage) -> Result:
    gate = workload.gate
    return Result(
        workload=workload.name,
        metric=gate.metric,
        value=report.read(platform, workload, package).metric(gate.metric_group, gate.metric),
        endpoint=platform.endpoint(workload),
        state_machine_arn=platform.state_machine(workload),
        package=package,
    )


def _fingerprint(workload: Workload, files: list[raw_data.LocalFile]) -> str:
    checksums = [f"{file.name} {file.sha256}" for file in files]
    settings = workload.model_dump_json(exclude={"folder"})
    return fingerprint.of([workload.folder, LIBRARY], settings, *checksums)


def _unchanged(platform: Platform, workload: Workload, wanted: str) -> registry.ModelPackage | None:
    """What the endpoint serves, or will once approved, if a run with this fingerprint was accepted."""
    record = _records().get(_key(platform, workload))
    if record is None or record["fingerprint"] != wanted:
        return None
    try:
        package = registry.describe(platform, record["model_package_arn"])
    except OperatorError:
        return None
    if package.run != record["run"]:
        return None
    endpoint = status.endpoint_of(platform, workload)
    if endpoint is not None and endpoint.status == "InService" and endpoint.serves is not None:
        return registry.describe(platform, endpoint.serves)
    return package if package.approval == PENDING else None


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
