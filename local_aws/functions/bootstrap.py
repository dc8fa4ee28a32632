"""Runs inside a function's process: imports the handler once, then answers one invocation after another.

It gives the handler what AWS's runtime gives it: the context object, the root logger, errors by class, and of
the interpreter's packages only those that come with AWS's Python runtimes. Started as a script, it imports
nothing of local_aws. Lines of JSON come on standard input and leave on standard output; whatever the handler
prints, to either stream, is its log and goes to standard error, closed by a marker at the end of an
invocation.
"""

import importlib
import importlib.abc
import importlib.machinery
import json
import logging
import os
import select
import sys
import sysconfig
import threading
import time
import traceback
from collections.abc import Sequence
from types import ModuleType
from typing import IO, Any

END_OF_LOG = "\x01END\n"

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html
_RUNTIME_PACKAGES = {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"}


class RuntimePackages(importlib.abc.MetaPathFinder):
    """Finds the packages of AWS's runtime in the interpreter's own site-packages, and no others."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Part of the import system's interface."""
        if path is not None or fullname not in _RUNTIME_PACKAGES:
            return None
        return importlib.machinery.PathFinder.find_spec(fullname, [self._folder], target)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class CognitoIdentity:
    """The identity of a caller through a mobile SDK, which a local caller never is."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class Context:
    """The context object of AWS's runtime. https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    client_context = None
    identity = CognitoIdentity()

    def __init__(self, request: dict[str, Any]) -> None:
        self.aws_request_id: str = request["request_id"]
        self.invoked_function_arn: str = request["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline = time.monotonic() + request["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


class RequestId(logging.Filter):
    """Gives every log record the id of the invocation it belongs to."""

    current = ""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, with the id."""
        record.aws_request_id = self.current
        return True


class JsonFormatter(logging.Formatter):
    """The runtime's own format for functions whose log format is JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as a line of JSON."""
        entry: dict[str, Any] = {
            "timestamp": _now(),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": getattr(record, "aws_request_id", ""),
        }
        if record.exc_info and record.exc_info[0]:
            entry["errorType"] = record.exc_info[0].__name__
            entry["errorMessage"] = str(record.exc_info[1])
            entry["stackTrace"] = traceback.format_tb(record.exc_info[2])
        return json.dumps(entry)


def _set_up_logging() -> RequestId:
    request_id = RequestId()
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(request_id)
    as_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"
    text = logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    text.converter = time.gmtime
    handler.setFormatter(JsonFormatter() if as_json else text)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO" if as_json else "WARNING"))
    return request_id


def _set_up_imports(task_root: str, layers: list[str]) -> None:
    site_packages = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    standard = [entry for entry in sys.path if entry not in site_packages]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    opt = [
        folder
        for layer in layers
        for folder in (f"{layer}/python", f"{layer}/python/lib/{version}/site-packages")
    ]
    sys.path[:] = [task_root, *opt, *standard]
    sys.meta_path.append(RuntimePackages(sysconfig.get_path("purelib")))


def _fault(error_type: str, message: str, stack: list[str] | None = None) -> dict[str, Any]:
    return {"errorMessage": message, "errorType": error_type, "stackTrace": stack or []}


def _raised(error: BaseException) -> dict[str, Any]:
    return _fault(type(error).__name__, str(error), traceback.format_tb(error.__traceback__)[1:])


def _load(handler: str) -> tuple[Any, dict[str, Any] | None]:
    """The handler function, or None and the error as AWS's runtime reports it."""
    module_name, _, function_name = handler.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        return None, _fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}")
    except SyntaxError as error:
        return None, _fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}")
    except Exception as error:  # noqa: BLE001 - whatever a module raises is the function's error
        return None, _raised(error)
    if not hasattr(module, function_name):
        return None, _fault(
            "Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'"
        )
    return getattr(module, function_name), None


def _invoke(handler: Any, request: dict[str, Any]) -> dict[str, Any]:
    try:
        result = handler(request["event"], Context(request))
    except Exception as error:  # noqa: BLE001 - a handler's exception is its answer
        return {"error": _raised(error)}
    try:
        return {"result": json.loads(json.dumps(result))}
    except (TypeError, ValueError) as error:
        return {"error": _fault("Runtime.MarshalError", f"Unable to marshal response: {error}")}


def _log_error(error: dict[str, Any]) -> None:
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        sys.stderr.write(json.dumps({"timestamp": _now(), "level": "ERROR", **error}) + "\n")
        return
    lines = [f"[ERROR] {error['errorType']}: {error['errorMessage']}"]
    if error["stackTrace"]:
        lines += ["Traceback (most recent call last):", *"".join(error["stackTrace"]).splitlines()]
    sys.stderr.write("\r".join(lines) + "\n")


def _read(source: IO[str]) -> Any:
    """The next line's document; ends the process when there is no next line."""
    line = source.readline()
    if not line:
        os._exit(0)
    return json.loads(line)


def _end_with_local_aws(descriptor: int) -> None:
    """End the process, whatever its handler does, when the local AWS has ended or given it up."""
    poller = select.poll()
    poller.register(descriptor, 0)
    # Asked for no event, it returns only when the other end is closed.
    poller.poll()
    os._exit(0)


def main() -> None:
    """Serve until standard input ends."""
    source = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # A descriptor of the watcher's own: `source` is closed when the handler leaves the process by itself.
    watched = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    threading.Thread(target=_end_with_local_aws, args=(watched,), daemon=True).start()

    settings = _read(source)
    _set_up_imports(settings["task_root"], settings["layers"])
    request_id = _set_up_logging()
    handler, failure = _load(settings["handler"])
    while True:
        request = _read(source)
        request_id.current = request["request_id"]
        os.environ.pop("_X_AMZN_TRACE_ID", None)
        if request["trace_id"]:
            os.environ["_X_AMZN_TRACE_ID"] = request["trace_id"]
        answer = {"error": failure} if failure else _invoke(handler, request)
        if answer.get("error"):
            answer["error"]["requestId"] = request["request_id"]
            _log_error(answer["error"])
        sys.stderr.write(END_OF_LOG)
        sys.stderr.flush()
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        if failure:
            # AWS starts the next invocation in a new environment.
            os._exit(1)


if __name__ == "__main__":
    main()
