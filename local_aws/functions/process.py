"""An execution environment: one process that serves a function's invocations one after another.

ministack's own environments inherit its whole environment, lose the class of an exception and with it the
process, and wait 50 ms for a log that may not come.
"""

import json
import os
import selectors
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import IO, Any, Literal

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local_aws import credentials, environment
from local_aws.functions import bootstrap, package

HOOKS = (
    "ministack.core.lambda_runtime:kill_workers",
    "ministack.core.lambda_runtime:_account_region_from_function_config",
    "ministack.services.lambda_svc:_resolve_layer_zip",
)

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_END_OF_LOG = bootstrap.END_OF_LOG.encode()
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MAX_RESPONSE_BYTES = 6_291_556
_LONGEST_EXIT_SECONDS = 2.0


class FunctionError(dict[str, Any]):
    """What Invoke answers when the function failed: errorType, errorMessage, and stackTrace if it raised."""


class FunctionProcess:
    """Stands in for ministack's `Worker`, whose attributes and methods its pool relies on."""

    def __init__(self, func_name: str, config: dict[str, Any], code_zip: bytes) -> None:
        self.func_name = func_name
        self.config = config
        self.code_zip = code_zip
        self.in_use = False
        self.last_used = time.time()
        self.log_stream = ""
        self._lock = threading.Lock()
        self._cold = True
        self._proc: subprocess.Popen[bytes] | None = None

    def invoke(
        self,
        event: Any,
        request_id: str,
        *,
        trace_id: str | None = None,
        invoked_function_arn: str | None = None,
        **_ministack_only: Any,
    ) -> dict[str, Any]:
        """Run one invocation; the result holds `result` (or a FunctionError) and `log`, the text of the
        handler.
        """
        with self._lock:
            if self._proc is None or self._proc.poll() is not None:
                self._spawn()
            timeout = float(self.config.get("Timeout", 3))
            request = {
                "event": event,
                "request_id": request_id,
                "arn": invoked_function_arn or self.config["FunctionArn"],
                "trace_id": trace_id,
                "timeout": timeout,
            }
            answer, log = self._exchange(request, timeout)
            if isinstance(answer, FunctionError):
                self.kill()
            return {"status": "ok", "result": self._result(answer, request_id), "log": log}

    def kill(self) -> None:
        """End the process."""
        lambda_runtime.kill_workers([self])

    def _discard_tmpdir(self) -> None:
        """Part of ministack's interface: the unpacked code is shared and stays."""

    def _spawn(self) -> None:
        task_root = package.unpack(self.code_zip)
        layers = [str(package.unpack(archive)) for archive in self._layer_archives()]
        now = time.gmtime()
        version = self.config.get("Version", "$LATEST")
        self.log_stream = f"{time.strftime('%Y/%m/%d', now)}/[{version}]{uuid.uuid4().hex}"
        self._proc = subprocess.Popen(  # noqa: S603 - this interpreter with our bootstrap
            [sys.executable, "-P", "-s", str(_BOOTSTRAP)],
            cwd=task_root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment(task_root),
        )
        self._send({"task_root": str(task_root), "layers": layers, "handler": self.config["Handler"]})

    def _layer_archives(self) -> list[bytes]:
        archives = (lambda_svc._resolve_layer_zip(layer) for layer in self.config.get("Layers") or [])
        return [archive for archive in archives if archive]

    def _environment(self, task_root: Path) -> dict[str, str]:
        """Exactly what AWS documents, the function's own variables, and where this AWS is.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        _, region = lambda_runtime._account_region_from_function_config(self.config)
        logging_config = self.config.get("LoggingConfig") or {}
        name = self.config["FunctionName"]
        variables = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "TZ": ":UTC",
            "HOME": os.environ["TMPDIR"],
            "TMPDIR": os.environ["TMPDIR"],
            "AWS_EC2_METADATA_DISABLED": "true",
            **(self.config.get("Environment") or {}).get("Variables", {}),
            "_HANDLER": self.config["Handler"],
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.config['Runtime']}",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.config.get("MemorySize", 128)),
            "AWS_LAMBDA_FUNCTION_VERSION": self.config.get("Version", "$LATEST"),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": logging_config.get("LogGroup") or f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log_stream,
            "AWS_LAMBDA_LOG_FORMAT": logging_config.get("LogFormat", "Text"),
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "AWS_XRAY_DAEMON_ADDRESS": f"{environment.HOST}:2000",
            "LAMBDA_TASK_ROOT": str(task_root),
            **credentials.role_environment(self.config["Role"], name, "lambda.amazonaws.com"),
        }
        if logging_config.get("ApplicationLogLevel"):
            variables["AWS_LAMBDA_LOG_LEVEL"] = logging_config["ApplicationLogLevel"]
        return {**variables, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}

    def _pipe(self, name: Literal["stdin", "stdout", "stderr"]) -> IO[bytes]:
        pipe: IO[bytes] | None = getattr(self._proc, name)
        if pipe is None:
            raise RuntimeError(f"function {self.func_name} has no process")
        return pipe

    def _send(self, message: dict[str, Any]) -> None:
        stdin = self._pipe("stdin")
        try:
            stdin.write(json.dumps(message).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            # It died before it read all: its end is noticed, and named, when its answer is read.
            return

    def _exchange(self, request: dict[str, Any], timeout: float) -> tuple[Any, str]:
        """Send the request and read until answer and log are complete, the time is up, or it died."""
        stdout, stderr = self._pipe("stdout"), self._pipe("stderr")
        self._send(request)
        read = {stdout.fileno(): bytearray(), stderr.fileno(): bytearray()}
        answer, log = read.values()
        deadline = time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            for descriptor in read:
                selector.register(descriptor, selectors.EVENT_READ)
            while not (answer.endswith(b"\n") and log.endswith(_END_OF_LOG)):
                ready = selector.select(deadline - time.monotonic())
                if not ready:
                    return self._timed_out(request["request_id"], timeout), _text(log)
                for key, _ in ready:
                    received = os.read(key.fd, 65536)
                    read[key.fd] += received
                    if not received:
                        selector.unregister(key.fd)
                if not selector.get_map():
                    return self._exited(request["request_id"]), _text(log)
        return json.loads(answer), _text(log)

    @staticmethod
    def _timed_out(request_id: str, timeout: float) -> FunctionError:
        message = f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds"
        return FunctionError(errorType="Sandbox.Timedout", errorMessage=message)

    def _exited(self, request_id: str) -> FunctionError:
        status = self._proc.wait(_LONGEST_EXIT_SECONDS) if self._proc is not None else 1
        how = f"exit status {status}" if status >= 0 else f"signal {-status}"
        message = f"RequestId: {request_id} Error: Runtime exited with error: {how}"
        return FunctionError(errorType="Runtime.ExitError", errorMessage=message)

    @staticmethod
    def _result(answer: Any, request_id: str) -> Any:
        if isinstance(answer, FunctionError):
            return answer
        if "error" in answer:
            return FunctionError(answer["error"])
        size = len(json.dumps(answer["result"]))
        if size > _MAX_RESPONSE_BYTES:
            return FunctionError(
                errorType="Function.ResponseSizeTooLarge",
                errorMessage=f"Response payload size ({size} bytes) exceeded maximum allowed payload size "
                f"({_MAX_RESPONSE_BYTES} bytes).",
                requestId=request_id,
            )
        return answer["result"]


def _text(log: bytearray) -> str:
    return log.removesuffix(_END_OF_LOG).decode("utf-8", "replace").rstrip("\n")
