import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cli.errors import OperatorError
from cli.local import commands, deployment, fingerprint, up
from cli.project import ROOT
from cli.target import Target, TargetName

URL = "http://127.0.0.1:4999"


def test_output_of_a_program_is_kept_and_returned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "LOGS", tmp_path / "logs")

    told = commands.run("Greeting", [sys.executable, "-c", "print('hello')"], "greeting.log")

    assert told == "hello\n"
    assert (tmp_path / "logs" / "greeting.log").read_text() == "hello\n"


def test_a_program_that_fails_is_quoted_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "LOGS", tmp_path)
    script = "print('step 1'); print('\\x1b[31m❌ stack x failed\\x1b[0m'); print('bye'); raise SystemExit(3)"

    with pytest.raises(OperatorError) as raised:
        commands.run("Deploying", [sys.executable, "-c", script], "deploy.log")

    log = tmp_path / "deploy.log"
    assert str(raised.value) == f"Deploying failed: ❌ stack x failed. The whole output is in {log}."


def test_a_command_ends_with_the_local_aws_that_it_talks_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a command that would try again for long
    monkeypatch.setattr(commands, "LOGS", tmp_path)
    tries_on = [sys.executable, "-c", "import time; time.sleep(600)"]
    # When the local AWS is gone, then so is the command
    with pytest.raises(OperatorError, match="Deploying was cut short: the local AWS ended meanwhile"):
        commands.run("Deploying", tries_on, "deploy.log", needs=lambda: False)


def test_a_program_and_what_it_has_started_are_ended_with_the_one_who_waits_for_it(tmp_path: Path) -> None:
    # Given a process that waits for a program, which waits for another
    pid_file = tmp_path / "pid"
    inner = f"echo $$ > {pid_file}; sleep 600"
    script = f"""
from pathlib import Path
from cli.local import commands
commands.LOGS = Path({str(tmp_path)!r})
commands.run("Deploying", ["sh", "-c", "sh -c '{inner}'; true"], "deploy.log")
"""
    waits = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    _until(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"))
    # When it is killed, then all are gone
    waits.kill()
    waits.wait()
    _until(lambda: not _is_alive(int(pid_file.read_text())))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("", "it said nothing."),
        ("one\ntwo\n", "one two."),
        ("Error: a\nError: a\nfine\nERROR b!\n", "Error: a ERROR b!"),
        ("error 1\nx | CREATE_FAILED | a\nx | CREATE_FAILED | b\nerror 2\n", "x | CREATE_FAILED | a."),
        ("\n".join(f"error {number}" for number in range(9)), "error 5 error 6 error 7 error 8."),
    ],
)
def test_the_telling_lines_of_an_output(output: str, said: str) -> None:
    assert commands.telling_lines(output) == said


def test_a_fingerprint_follows_content_and_names_only(tmp_path: Path) -> None:
    # Given a folder
    (tmp_path / "code" / "__pycache__").mkdir(parents=True)
    (tmp_path / "code" / "a.py").write_text("1")
    before = fingerprint.of([tmp_path / "code"], "dev")

    # When nothing of its content changes, then the fingerprint stays
    (tmp_path / "code" / "a.py").touch()
    (tmp_path / "code" / "__pycache__" / "a.pyc").write_text("compiled")
    assert fingerprint.of([tmp_path / "code"], "dev") == before

    # When facts, content or names change, then the fingerprint does
    assert fingerprint.of([tmp_path / "code"], "prod") != before
    (tmp_path / "code" / "a.py").rename(tmp_path / "code" / "b.py")
    renamed = fingerprint.of([tmp_path / "code"], "dev")
    (tmp_path / "code" / "b.py").write_text("2")
    assert len({before, renamed, fingerprint.of([tmp_path / "code"], "dev")}) == 3


def test_the_cdk_sees_the_local_aws_and_nothing_of_the_operators_own() -> None:
    operators = {"PATH": "/bin", "AWS_PROFILE": "prod", "AWS_SESSION_TOKEN": "secret", "NO_PROXY": "corp"}

    environ = deployment.cdk_environment(Target(TargetName.LOCAL, URL, "us-east-1"), operators)

    assert environ["PATH"] == "/bin"
    assert environ["AWS_ENDPOINT_URL"] == URL
    assert (environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"]) == ("test", "test")
    assert "AWS_PROFILE" not in environ
    assert "AWS_SESSION_TOKEN" not in environ
    assert environ["NO_PROXY"] == "127.0.0.1,localhost"
    assert environ["CDK_DISABLE_CLI_TELEMETRY"] == "true"


class Api(BaseHTTPRequestHandler):
    """Answers the question with a recommendation, anything else with 400."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        good = self.path == "/v1/recommendations" and body == {"entry": [1, 2, 3, 4, 5]}
        self.send_response(200 if good else 400)
        self.end_headers()
        self.wfile.write(b'{"recommendedMysfit":"x"}' if good else b'{"message":"bad"}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


@pytest.fixture
def api() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_api_is_asked_for_a_recommendation(api: str) -> None:
    assert up.ask(f"{api}/v1/recommendations") == '{"recommendedMysfit":"x"}'


def test_an_api_that_refuses_is_quoted(api: str) -> None:
    with pytest.raises(OperatorError, match=r'/elsewhere answered 400: \{"message":"bad"\}\.'):
        up.ask(f"{api}/elsewhere")


def test_an_api_that_is_not_there_is_told() -> None:
    with pytest.raises(OperatorError, match=r"The API at http://127.0.0.1:1/v1 doesn't answer: .*refused"):
        up.ask("http://127.0.0.1:1/v1")
