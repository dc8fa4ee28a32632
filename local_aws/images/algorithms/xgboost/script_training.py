"""Training by a script of the user's, as AWS's `sagemaker-training` package starts it.

That package itself has no wheels: it compiles an extension that only Linux's linker takes, and needs inotify.
https://github.com/aws/sagemaker-training-toolkit
"""

import json
import os
import shlex
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_aws.images.algorithms.xgboost.source_folder import below_base, fetch
from local_aws.images.toolkit.errors import ClientError
from local_aws.images.toolkit.training import TrainingContainer

PROGRAM = "sagemaker_program"
_SUBMIT_DIRECTORY = "sagemaker_submit_directory"
_RESERVED = ("sagemaker_", "_tuning_objective_metric")
"""What is meant for the container, not for the script; the second one a tuning job adds."""
_LAST_LINES = 40
_PROJECT = Path(__file__).resolve().parents[4]


class ExecuteUserScriptError(Exception):
    """The script ended with another exit code than 0."""


def run_script(container: TrainingContainer) -> None:
    """Run the script that the hyperparameters name, in its folder, to its end.

    Raises:
        ClientError: there is no such script.
        ExecuteUserScriptError: the script failed; the text holds what it said last.
    """
    given = {name: _value(text) for name, text in container.hyperparameters.items()}
    program = str(given[PROGRAM])
    folder = fetch(str(given.get(_SUBMIT_DIRECTORY, "/opt/ml/code")))
    if not (folder / program).is_file():
        found = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise ClientError(f"sagemaker_program: there is no '{program}' in its folder, which holds {found}.")
    if (folder / "requirements.txt").is_file():
        raise ClientError("A script's requirements.txt is not supported here; use what the image has.")
    own = {name: value for name, value in given.items() if not name.startswith(_RESERVED)}
    _run([sys.executable, program, *arguments(own)], folder, own)


def arguments(values: Mapping[str, Any]) -> list[str]:
    """Hyperparameters as a script gets them: `--name value`, or `-n value` if the name is one letter."""
    return [
        text
        for name, value in sorted(values.items())
        for text in (f"-{name}" if len(name) == 1 else f"--{name}", str(value))
    ]


def _value(text: str) -> Any:
    """A hyperparameter's value: what its JSON says, or else the text itself."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    return below_base(value) if isinstance(value, str) else value


def _inherited_path() -> list[str]:
    """What the script's Python also looks through: what tells it the other hosts' names, not this project."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [path for path in paths if path and Path(path).resolve() != _PROJECT]


def _run(command: list[str], folder: Path, own: Mapping[str, Any]) -> None:
    sys.stdout.write(f"Invoking script with the following command:\n\n{shlex.join(command)}\n\n")
    sys.stdout.flush()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), *_inherited_path()]),
        "SM_HPS": json.dumps(own),
        "SM_USER_ARGS": json.dumps(command[2:]),
        "SM_USER_ENTRY_POINT": command[1],
        "SM_MODULE_DIR": str(folder),
    }
    script = subprocess.Popen(  # noqa: S603 - the user's own script
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, errors="replace"
    )
    last: deque[str] = deque(maxlen=_LAST_LINES)
    assert script.stderr is not None  # noqa: S101 - opened above
    for line in script.stderr:
        sys.stderr.write(line)
        sys.stderr.flush()
        last.append(line.strip())
    code = script.wait()
    if code:
        said = [line for line in last if line]
        raise ExecuteUserScriptError(
            f'ExitCode {code}, ErrorMessage "{said[-1] if said else ""}", Command "{shlex.join(command)}"'
        )
