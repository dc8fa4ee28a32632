"""The process of the local AWS, with a small stand-in for it that locks its state and answers like it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.errors import OperatorError
from cli.local import server
from cli.local.server import LocalAws

STAND_IN = """
import argparse, fcntl, os, pathlib, signal, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
parser.add_argument("--state", type=pathlib.Path)
parser.add_argument("--images")
arguments = parser.parse_args()
if (arguments.state / "refuse").exists():
    sys.exit("an error: there is no state like this")
arguments.state.mkdir(parents=True, exist_ok=True)
lock = (arguments.state / "lock").open("w")
fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
if (arguments.state / "deaf").exists():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass

HTTPServer(("127.0.0.1", arguments.port), Health).serve_forever()
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def local_aws(tmp_path: Path) -> Iterator[LocalAws]:
    root = tmp_path / "project"
    (root / "local_aws").mkdir(parents=True)
    (root / "local_aws" / "__init__.py").touch()
    (root / "local_aws" / "__main__.py").write_text(STAND_IN)
    python = root / ".venvs" / "local_aws" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    found = LocalAws(root / ".local", root)
    yield found
    (found.state / "deaf").unlink(missing_ok=True)
    started = found.started()
    if started and found.is_running():
        os.kill(started.pid, signal.SIGKILL)


def pid_of(local_aws: LocalAws) -> int:
    started = local_aws.started()
    assert started is not None
    return started.pid


def test_it_is_started_once(local_aws: LocalAws, port: int) -> None:
    assert not local_aws.is_running()

    assert local_aws.start(port)
    pid = pid_of(local_aws)

    assert local_aws.is_running()
    assert not local_aws.start(port)
    assert pid_of(local_aws) == pid


def test_it_is_started_again_when_its_code_has_changed(local_aws: LocalAws, port: int) -> None:
    local_aws.start(port)
    pid = pid_of(local_aws)
    code = local_aws.python.parents[3] / "local_aws" / "__init__.py"
    code.write_text("# changed")

    assert local_aws.start(port)
    assert pid_of(local_aws) != pid


def test_it_is_started_again_after_a_kill(local_aws: LocalAws, port: int) -> None:
    local_aws.start(port)
    os.kill(pid_of(local_aws), signal.SIGKILL)

    assert local_aws.start(port)
    assert local_aws.is_running()


def test_a_stale_record_of_another_process_harms_nobody(local_aws: LocalAws, port: int) -> None:
    # Given the record of a local AWS that is long gone, whose process id belongs to another program now
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    local_aws.state.mkdir(parents=True)
    record = {"pid": bystander.pid, "port": port, "code": ""}
    (local_aws.state.parent / "local_aws.json").write_text(json.dumps(record))

    # When the local AWS is stopped and started
    assert not local_aws.stop()
    assert local_aws.start(port)

    # Then the other program still runs
    assert bystander.poll() is None
    bystander.communicate(b"\n")


def test_it_is_stopped(local_aws: LocalAws, port: int) -> None:
    local_aws.start(port)

    assert local_aws.stop()
    assert not local_aws.is_running()
    assert not local_aws.stop()


def test_it_is_killed_when_it_does_not_stop(
    local_aws: LocalAws, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_SAVED_WITHIN_SECONDS", 0.2)
    local_aws.state.mkdir(parents=True)
    (local_aws.state / "deaf").touch()
    local_aws.start(port)

    assert local_aws.stop()
    assert not local_aws.is_running()
    assert not local_aws.keeps_state


def test_it_has_kept_its_state_when_it_has_said_so(local_aws: LocalAws) -> None:
    local_aws.state.mkdir(parents=True)
    (local_aws.state / "clean-stop").touch()

    assert local_aws.keeps_state


def test_an_orphan_whose_state_was_removed_gives_way(local_aws: LocalAws, port: int) -> None:
    # Given a local AWS whose whole folder was removed while it ran
    local_aws.start(port)
    orphan = pid_of(local_aws)
    subprocess.run(["rm", "-r", local_aws.state.parent], check=True)

    # When the local AWS is started again
    assert local_aws.start(port)

    # Then the orphan has made room for it
    assert pid_of(local_aws) != orphan
    assert local_aws.is_running()


def test_a_port_that_another_program_has_is_told_with_its_name(local_aws: LocalAws, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)), pytest.raises(OperatorError) as raised:
        local_aws.start(port)

    assert f"Port {port} is taken by process {os.getpid()} (" in str(raised.value)
    assert f"LOCAL_AWS_PORT={port + 1} make local" in str(raised.value)


def test_a_start_that_fails_is_told_with_what_it_said(local_aws: LocalAws, port: int) -> None:
    local_aws.state.mkdir(parents=True)
    (local_aws.state / "refuse").touch()

    with pytest.raises(OperatorError, match=r"ended at its start: an error: there is no state like this\."):
        local_aws.start(port)


def test_the_log_of_the_previous_start_is_kept(local_aws: LocalAws, port: int) -> None:
    local_aws.start(port)
    local_aws.log.write_text("what led to the crash")
    os.kill(pid_of(local_aws), signal.SIGKILL)

    local_aws.start(port)

    assert local_aws.log.with_suffix(".previous.log").read_text() == "what led to the crash"


def test_two_commands_at_once_are_refused(local_aws: LocalAws) -> None:
    with (
        local_aws.exclusively(),
        pytest.raises(OperatorError, match="is at work in this folder"),
        local_aws.exclusively(),
    ):
        pass


def test_a_port_that_is_taken_leaves_the_running_one_alone(local_aws: LocalAws, port: int) -> None:
    local_aws.start(port)

    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OperatorError, match="is taken by"):
        local_aws.start(other.getsockname()[1])

    assert local_aws.is_running()
