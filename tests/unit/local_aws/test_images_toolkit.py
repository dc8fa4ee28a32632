"""The contracts that algorithm images share."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local_aws.images.toolkit import training
from local_aws.images.toolkit.errors import ClientError
from local_aws.images.toolkit.serving import media_type
from local_aws.images.toolkit.training import TrainingContainer

ROOT = Path(__file__).parents[3]
SUPERVISOR = ROOT / "local_aws" / "images" / "toolkit" / "supervisor.py"


def supervised(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(SUPERVISOR), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ([sys.executable, "-c", "raise SystemExit(3)"], 3),
        ([sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"], 137),
        (["/no/such/command"], 127),
    ],
)
def test_the_supervisor_gives_the_commands_exit_code(command: list[str], code: int) -> None:
    with supervised(*command) as process:
        assert process.wait(30) == code


def test_a_closed_pipe_ends_the_command_and_its_children() -> None:
    # Given a command with a child of its own, both waiting
    script = (
        "import subprocess, sys, time; child = subprocess.Popen([sys.executable, '-c', 'import time; "
        "time.sleep(600)']); print(child.pid, flush=True); time.sleep(600)"
    )
    process = supervised(sys.executable, "-c", script)
    assert process.stdin is not None
    assert process.stdout is not None
    child = int(process.stdout.readline())

    # When
    process.stdin.close()

    # Then
    assert process.wait(30) == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)
    process.stdout.close()


def test_term_is_passed_on() -> None:
    # Given
    script = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); "
        "print('ready', flush=True); time.sleep(600)"
    )
    with supervised(sys.executable, "-c", script) as process:
        assert process.stdout is not None
        process.stdout.readline()

        # When
        process.terminate()

        # Then
        assert process.wait(30) == 5


@pytest.mark.parametrize(
    ("error", "reason", "code"),
    [
        (ClientError("bad data"), "ClientError: bad data", 2),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero", 1),
    ],
)
def test_a_failed_training_writes_its_failure_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str, code: int
) -> None:
    # Given
    monkeypatch.setenv(training.BASE_VARIABLE, str(tmp_path))

    def train(_container: TrainingContainer) -> None:
        raise error

    # When
    with pytest.raises(SystemExit) as ended:
        training.run(train)

    # Then
    assert ended.value.code == code
    assert (tmp_path / "output" / "failure").read_text() == reason


def test_channels_list_their_files_in_order(tmp_path: Path) -> None:
    # Given
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    (config / "inputdataconfig.json").write_text(json.dumps({"train": {"ContentType": "text/csv"}}))
    folder = tmp_path / "input" / "data" / "train"
    (folder / "deep").mkdir(parents=True)
    for name in ("b.csv", "deep/a.csv", ".hidden"):
        (folder / name).touch()

    # When
    channel = TrainingContainer(tmp_path).channels["train"]

    # Then
    assert channel.content_type == "text/csv"
    assert [path.relative_to(folder).as_posix() for path in channel.files()] == ["b.csv", "deep/a.csv"]


def test_media_types() -> None:
    assert media_type("Text/CSV; label_size = 1") == ("text/csv", {"label_size": "1"})
    assert media_type("") == ("", {})


SERVER = """
from local_aws.images.toolkit.errors import RequestError
from local_aws.images.toolkit.serving import Request, Response, serve

class Echo:
    def invoke(self, request: Request) -> Response:
        if request.body == b"refuse":
            raise RequestError(400, "refused")
        if request.body == b"break":
            raise KeyError("broken")
        return Response(200, request.body, request.content_type)

serve(Echo())
"""


def test_the_server_keeps_its_connections() -> None:
    # Given
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SAGEMAKER_BIND_TO_PORT": "0"}
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().rsplit(" ", 1)[1])
        connection = http.client.HTTPConnection("127.0.0.1", port)

        def ask(method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
            connection.request(method, path, body, {"Content-Type": "text/csv"})
            response = connection.getresponse()
            return response.status, response.read()

        # Then
        assert ask("GET", "/ping") == (200, b"")
        kept = connection.sock
        assert ask("POST", "/invocations", b"1,2") == (200, b"1,2")
        assert ask("POST", "/invocations", b"refuse") == (400, b"refused")
        assert ask("POST", "/invocations", b"break") == (500, b"KeyError: 'broken'")
        assert ask("GET", "/elsewhere") == (404, b"")
        assert connection.sock is kept
        connection.close()
        process.terminate()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process whose parent has gone may wait as a zombie for its new one.
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return bool(state.strip()) and not state.startswith("Z")
