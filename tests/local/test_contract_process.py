"""The local AWS as a process: how it starts, stops, is killed, and begins again."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError

from tests.local.running import PYTHON, ROOT, LocalAws, zip_of

TRUST = json.dumps(
    {
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ]
    }
)


@pytest.fixture
def own_aws(tmp_path: Path) -> Iterator[LocalAws]:
    """A local AWS that a test may stop and kill."""
    aws = LocalAws(tmp_path / "state")
    aws.start()
    yield aws
    if aws.process is not None and aws.process.poll() is None:
        aws.kill()


def began(aws: LocalAws) -> str:
    return str(json.loads((aws.state / "status.json").read_text())["start"])


def make_sleeper(aws: LocalAws) -> int:
    """Invoke a function that goes on sleeping, and give its process."""
    role = aws.client("iam").create_role(RoleName="fn", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    client = aws.client("lambda")
    client.create_function(
        FunctionName="sleeper",
        Runtime="python3.13",
        Handler="index.handler",
        Role=role,
        Timeout=300,
        Code={
            "ZipFile": zip_of(
                index="import os, time\n"
                "def handler(e, c):\n"
                "    if 'mark' in e: open(e['mark'], 'w').close()\n"
                "    time.sleep(e.get('s', 0))\n"
                "    return os.getpid()"
            )
        },
    )
    pid = int(json.loads(client.invoke(FunctionName="sleeper")["Payload"].read()))
    client.invoke(FunctionName="sleeper", InvocationType="Event", Payload=json.dumps({"s": 300}))
    return pid


def is_gone(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def put(aws: LocalAws, key: str, body: bytes) -> None:
    aws.client("s3").put_object(Bucket="kept", Key=key, Body=body)


def test_a_graceful_stop_keeps_the_state(own_aws: LocalAws) -> None:
    # Given
    assert began(own_aws) == "empty"
    own_aws.client("s3").create_bucket(Bucket="kept")
    put(own_aws, "folder/object", b"content")
    own_aws.client("iam").create_role(RoleName="kept", AssumeRolePolicyDocument=TRUST)
    # When
    status = own_aws.stop()
    own_aws.start()
    # Then
    assert status == 0
    assert began(own_aws) == "restored"
    assert own_aws.client("s3").get_object(Bucket="kept", Key="folder/object")["Body"].read() == b"content"
    assert own_aws.client("iam").get_role(RoleName="kept")["Role"]["RoleName"] == "kept"


def test_what_was_deployed_works_after_a_graceful_stop(own_aws: LocalAws) -> None:
    # Given an encrypted bucket, a function that reads it, and a machine that calls the function
    kms = own_aws.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    own_aws.client("s3").create_bucket(Bucket="kept")
    own_aws.client("s3").put_object(
        Bucket="kept", Key="k", Body=b"secret", ServerSideEncryption="aws:kms", SSEKMSKeyId=key
    )
    iam = own_aws.client("iam")
    roles = {}
    for service in ("lambda", "states"):
        trust = TRUST.replace("lambda.", f"{service}.")
        roles[service] = iam.create_role(RoleName=service, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        allowed = {"Effect": "Allow", "Action": ["s3:*", "kms:*", "lambda:*"], "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(RoleName=service, PolicyName="p", PolicyDocument=policy)
    source = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    return boto3.client('s3').get_object(Bucket='kept', Key='k')['Body'].read().decode()\n"
    )
    function = own_aws.client("lambda").create_function(
        FunctionName="reader",
        Runtime="python3.13",
        Handler="index.handler",
        Role=roles["lambda"],
        Timeout=30,
        Code={"ZipFile": zip_of(index=source)},
    )["FunctionArn"]
    state = {"Type": "Task", "Resource": function, "End": True}
    machine = own_aws.client("stepfunctions").create_state_machine(
        name="m", roleArn=roles["states"], definition=json.dumps({"StartAt": "A", "States": {"A": state}})
    )["stateMachineArn"]
    # When
    own_aws.stop()
    own_aws.start()
    # Then
    states = own_aws.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    while (ended := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    assert ended["output"] == '"secret"'
    assert "Persistence: failed" not in (own_aws.state / "log").read_text()


def test_after_a_kill_it_begins_empty_and_says_so(own_aws: LocalAws) -> None:
    # Given a state that was kept once, and changed since
    own_aws.client("s3").create_bucket(Bucket="kept")
    own_aws.stop()
    own_aws.start()
    put(own_aws, "later", b"x")
    # When
    own_aws.kill()
    own_aws.start()
    # Then
    assert began(own_aws) == "empty_after_crash"
    assert own_aws.client("s3").list_buckets()["Buckets"] == []
    assert "begins empty" in (own_aws.state / "log").read_text()
    # And it is whole again
    own_aws.client("s3").create_bucket(Bucket="kept")
    put(own_aws, "k", b"x")
    assert own_aws.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_functions_end_with_it(own_aws: LocalAws, number: signal.Signals) -> None:
    # Given a function that is busy
    pid = make_sleeper(own_aws)
    assert own_aws.process is not None
    # When
    own_aws.process.send_signal(number)
    own_aws.process.wait(30)
    # Then
    assert is_gone(pid)


def test_a_stop_keeps_the_state_while_a_caller_waits_for_a_function(
    own_aws: LocalAws, tmp_path: Path
) -> None:
    # Given a function that goes on, and a caller who waits for its answer
    make_sleeper(own_aws)
    own_aws.client("s3").create_bucket(Bucket="kept")
    mark = tmp_path / "mark"
    asked = {"FunctionName": "sleeper", "Payload": json.dumps({"s": 300, "mark": str(mark)})}

    def wait_for_an_answer() -> None:
        with contextlib.suppress(BotoCoreError):
            own_aws.client("lambda").invoke(**asked)

    caller = threading.Thread(target=wait_for_an_answer)
    caller.start()
    while not mark.exists():
        time.sleep(0.05)
    # When
    status = own_aws.stop()
    caller.join()
    own_aws.start()
    # Then
    assert status == 0
    assert began(own_aws) == "restored"
    assert [bucket["Name"] for bucket in own_aws.client("s3").list_buckets()["Buckets"]] == ["kept"]


def test_nobody_else_can_reach_it(own_aws: LocalAws) -> None:
    # Given this machine's other address, if it has one
    addresses = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    # When / Then
    for address in addresses - {"127.0.0.1"}:
        with socket.socket() as probe:
            assert probe.connect_ex((address, own_aws.port)) != 0


def test_a_state_that_was_not_saved_whole_is_not_marked_as_such(tmp_path: Path) -> None:
    # Given
    script = (
        "import logging, pathlib, sys\n"
        "from local_aws import persistence\n"
        "persistence.open_state(pathlib.Path(sys.argv[1]))\n"
        "failures = persistence.SaveFailures()\n"
        "if len(sys.argv) > 2: logging.getLogger('persistence').error('failed to save s3')\n"
        "persistence.mark_clean_stop(failures)\n"
    )
    # When
    for arguments in (["whole"], ["broken", "fail"]):
        command = [str(PYTHON), "-c", script, str(tmp_path / arguments[0]), *arguments[1:]]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    # Then
    assert (tmp_path / "whole" / "clean-stop").exists()
    assert not (tmp_path / "broken" / "clean-stop").exists()


def test_a_second_one_on_the_same_folder_or_port_is_refused(own_aws: LocalAws, tmp_path: Path) -> None:
    # Given
    def attempt(port: int, state: Path) -> subprocess.CompletedProcess[str]:
        command = [
            str(PYTHON),
            "-m",
            "local_aws",
            "--port",
            str(port),
            "--state",
            str(state),
            "--images",
            "x",
        ]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    # When
    same_folder = attempt(own_aws.port + 1, own_aws.state)
    same_port = attempt(own_aws.port, tmp_path / "other")
    # Then
    assert same_folder.returncode == 1
    assert "another local AWS is running on" in same_folder.stderr
    assert same_port.returncode == 1
    assert f"port {own_aws.port} is in use" in same_port.stderr


def test_credentials_of_unknown_keys_are_refused(own_aws: LocalAws) -> None:
    # Given
    stranger = own_aws.client("s3", aws_access_key_id="AKIAUNKNOWN", aws_secret_access_key="nope")
    # When / Then
    with pytest.raises(stranger.exceptions.ClientError, match="InvalidAccessKeyId"):
        stranger.list_buckets()


def test_a_missing_hook_is_named() -> None:
    # Given an emulator without one of the names relied on
    script = (
        "from ministack.core import iam_evaluator; del iam_evaluator.enforce\n"
        "from pathlib import Path; from local_aws import hooks, enforcement\n"
        "hooks.check(enforcement.HOOKS)"
    )
    # When
    ran = subprocess.run(
        [str(PYTHON), "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    # Then
    assert ran.returncode == 1
    assert "does not have what the local AWS relies on: ministack.core.iam_evaluator:enforce." in ran.stderr
