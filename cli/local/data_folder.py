"""DATA: the operator's folder of raw data files, and which workloads are trained on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.console import remark
from cli.errors import OperatorError
from cli.raw_data import LocalFile
from settings.workload import Workload


@dataclass(frozen=True)
class TrainingData:
    """The folder of a workload's raw data (None: its sample is made), and what the final table calls it."""

    name: str
    folder: Path | None = None


_SAMPLE = TrainingData("sample")


def choose(folder: Path | None, workloads: Sequence[Workload]) -> dict[str, TrainingData]:
    """By workload: `folder`, if it holds the workload's data files, else the sample.

    What is odd about the folder, but may be meant so, is told to the operator.

    Raises:
        OperatorError: the folder isn't there, holds nothing for any workload, or lacks some of a workload's
            files.
    """
    if folder is None:
        return {workload.name: _SAMPLE for workload in workloads}
    if not folder.is_dir():
        raise OperatorError(f"There is no folder {folder}: DATA names the folder that holds raw data files.")
    present = {path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")}
    _require_whole_sets(folder, present, workloads)
    _tell_of_strangers(folder, present, workloads)
    altered = _tell_of_altered(folder, present, workloads)
    return {workload.name: _data_of(workload, folder, present, altered) for workload in workloads}


def _require_whole_sets(folder: Path, present: set[str], workloads: Sequence[Workload]) -> None:
    wanted = {workload.name: {file.name for file in workload.data.files} for workload in workloads}
    faults = [
        f"{name} needs {_list(files - present)} beside {_list(files & present)}"
        for name, files in wanted.items()
        if files & present and files - present
    ]
    if faults:
        raise OperatorError(
            f"{folder} holds only a part of a workload's raw data: {'; '.join(faults)}. Add what is missing "
            "under exactly this name."
        )
    if not any(files <= present for files in wanted.values()):
        needs = "; ".join(f"{name}: {_list(files)}" for name, files in wanted.items())
        raise OperatorError(
            f"{folder} holds {_list(present) or 'nothing'}, which is no workload's raw data. "
            f"What they need: {needs}."
        )


def _tell_of_strangers(folder: Path, present: set[str], workloads: Sequence[Workload]) -> None:
    known = {file.name for workload in workloads for file in workload.data.files}
    if present - known:
        lacking = f"; not there: {_list(known - present)}" if known - present else ""
        remark(f"{folder} holds files that no workload reads: {_list(present - known)}{lacking}.")


def _tell_of_altered(folder: Path, present: set[str], workloads: Sequence[Workload]) -> set[str]:
    """Names of the files whose checksums aren't those of the settings; the operator is told of each."""
    published = {file.name: file for workload in workloads for file in workload.data.files if file.sha256}
    altered = set()
    for name in sorted(present & set(published)):
        file, sha256 = published[name], LocalFile.read(folder / name).sha256
        if sha256 != file.sha256:
            altered.add(name)
            remark(
                f"{folder / name} isn't the file published at {file.source}: its SHA-256 is {sha256}, not "
                f"{file.sha256}. It is used as it is."
            )
    return altered


def _data_of(workload: Workload, folder: Path, present: set[str], altered: set[str]) -> TrainingData:
    names = {file.name for file in workload.data.files}
    if not names <= present:
        return _SAMPLE
    note = ", not as published" if names & altered else ""
    return TrainingData(f"{folder.resolve().name}{note}", folder)


def _list(names: set[str]) -> str:
    return ", ".join(sorted(names))
