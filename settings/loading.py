"""Loads the settings and refuses wrong ones before anything is built from them.

The text of a SettingsError has a line for each fault: file, field, value, and what is allowed.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from settings import placement
from settings.environment import Environment
from settings.errors import Fault, SettingsError, not_allowed, unknown
from settings.inference_script import NAME, has_inference
from settings.layers import Layers, text
from settings.schema import Finding, Section, findings
from settings.workload import Workload
from settings.yaml_files import read_mapping

__all__ = ["PROJECT_ROOT", "SettingsError", "load_environment", "load_workloads"]

PROJECT_ROOT = Path(__file__).resolve().parent.parent

_SCRIPTS = ("prepare.py", "evaluate.py")


def load_environment(name: str, root: Path = PROJECT_ROOT) -> Environment:
    """Return the environment of `settings/<name>.yaml`; a SettingsError lists everything wrong with it."""
    known = sorted(path.stem for path in (root / "settings").glob("*.yaml"))
    if name not in known:
        raise SettingsError(Fault("settings", "", unknown("environment", name, known)))
    file = f"settings/{name}.yaml"
    content = read_mapping(root / file, shown_as=file)
    found = [*_check(Environment, content, name=name), *_missing_workloads(content, root)]
    _raise_any(Fault(file, text(path), problem) for path, problem in found)
    return Environment.model_validate({**content, "name": name})


def load_workloads(environment: Environment, root: Path = PROJECT_ROOT) -> tuple[Workload, ...]:
    """Return all workloads as they are in an environment, by name; a SettingsError lists everything wrong."""
    faults: list[Fault] = []
    workloads = []
    for folder in _workload_folders(root):
        try:
            workloads.append(_load_workload(folder, environment, root))
        except SettingsError as error:
            faults += error.faults
    _raise_any(faults)
    return tuple(workloads)


def _load_workload(folder: Path, environment: Environment, root: Path) -> Workload:
    file = f"training_scripts/{folder.name}/workload.yaml"
    layers = Layers(
        file=file,
        base=read_mapping(root / file, shown_as=file),
        override_file=f"settings/{environment.name}.yaml",
        override_path=("workloads", folder.name),
        override=environment.workloads.get(folder.name, {}),
    )
    content = placement.placed(layers.merged, environment)
    found = [
        *_check(Workload, content, folder=folder),
        *_other_name(content, folder),
        *placement.findings(content, environment),
    ]
    region = (
        Fault(layers.override_file, "region", problem)
        for problem in placement.region_problems(content, environment)
    )
    _raise_any([*map(layers.fault, found), *_missing_scripts(folder), *region])
    return Workload.model_validate({**content, "folder": folder})


def _raise_any(faults: Iterable[Fault]) -> None:
    distinct = dict.fromkeys(faults)
    if distinct:
        raise SettingsError(*distinct)


def _check(section: type[Section], content: Mapping[str, Any], **supplied: object) -> list[Finding]:
    known = sorted(section.model_fields.keys() - supplied.keys())
    found = [Finding((key,), unknown("key", key, known)) for key in supplied if key in content]
    try:
        section.model_validate({**content, **supplied})
    except ValidationError as error:
        found += findings(section, error)
    return found


def _workload_folders(root: Path) -> list[Path]:
    return sorted(path.parent for path in (root / "training_scripts").glob("*/workload.yaml"))


def _missing_workloads(content: dict[str, Any], root: Path) -> Iterator[Finding]:
    """Say which workloads an environment names that have no folder."""
    known = [folder.name for folder in _workload_folders(root)]
    recommendation, overrides = content.get("recommendation"), content.get("workloads")
    asked = recommendation.get("workload") if isinstance(recommendation, dict) else None
    if isinstance(asked, str) and asked not in known:
        yield Finding(("recommendation", "workload"), unknown("workload", asked, known))
    yield from _unpredictable(content, root, known)
    for name in overrides if isinstance(overrides, dict) else ():
        if name not in known:
            yield Finding(("workloads", name), unknown("workload", str(name), known))


def _unpredictable(content: dict[str, Any], root: Path, known: list[str]) -> Iterator[Finding]:
    """Say which workloads the API shall predict with that don't exist or have no words for it."""
    speaking = [name for name in known if has_inference(root / "training_scripts" / name)]
    api = content.get("api")
    names = api.get("predictions") if isinstance(api, dict) else None
    for place, name in enumerate(names if isinstance(names, list) else ()):
        if not isinstance(name, str) or name in speaking:
            continue
        path = ("api", "predictions", place)
        if name in known:
            allowed = f"its folder has no {NAME}; these have: {', '.join(speaking)}"
            yield Finding(path, not_allowed(name, allowed))
        else:
            yield Finding(path, unknown("workload", name, speaking))


def _other_name(content: Mapping[str, Any], folder: Path) -> Iterator[Finding]:
    name = content.get("name")
    if isinstance(name, str) and name != folder.name:
        yield Finding(("name",), not_allowed(name, f"the name is the folder's, {folder.name}"))


def _missing_scripts(folder: Path) -> Iterator[Fault]:
    for script in _SCRIPTS:
        if not (folder / script).is_file():
            file = f"training_scripts/{folder.name}/{script}"
            yield Fault(file, "", f"missing; a workload's folder has {' and '.join(_SCRIPTS)}")
