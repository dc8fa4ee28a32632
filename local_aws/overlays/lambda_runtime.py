"""Python functions run in processes of our own making.

Without it, an exception's class is lost (every error is `Runtime.HandlerError`, so no Catch or Retry of a
state machine matches it) and ends the environment, every quiet invocation takes 50 ms longer, the emulator's
environment leaks into functions, every package of the emulator can be imported, and a role that may not write
logs has logs. Each invocation has a thread made for it, too.
"""

from typing import Any

from ministack.core import lambda_runtime
from ministack.services import apigateway_v1, lambda_svc

from local_aws.functions import logs, process, threads

HOOKS = (
    *process.HOOKS,
    *logs.HOOKS,
    *threads.HOOKS,
    "ministack.core.lambda_runtime:_worker_class_for",
    "ministack.core.lambda_runtime:Worker.invoke",
    "ministack.services.lambda_svc:_execute_function_warm",
    "ministack.services.lambda_svc:_emit_lambda_logs",
)

_MAX_STREAMS_REMEMBERED = 1000

# The log stream of an invocation, kept between its end and the writing of its log.
_streams: dict[str, str] = {}


class _LoggedProcess(process.FunctionProcess):
    """Remembers the stream that the log of an invocation belongs to."""

    def invoke(self, event: Any, request_id: str, **options: Any) -> dict[str, Any]:
        answer = super().invoke(event, request_id, **options)
        if len(_streams) < _MAX_STREAMS_REMEMBERED:
            _streams[request_id] = self.log_stream
        return answer


def install() -> None:
    """Put this overlay in place."""
    worker_class_for = lambda_runtime._worker_class_for
    execute_function_warm = lambda_svc._execute_function_warm
    emit_lambda_logs = lambda_svc._emit_lambda_logs

    def choose_class(config: dict[str, Any]) -> Any:
        return _LoggedProcess if _is_python(config) else worker_class_for(config)

    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        result: dict[str, Any] = execute_function_warm(func, event, request_id)
        if isinstance(result.get("body"), process.FunctionError):
            return {**result, "body": dict(result["body"]), "error": True}
        return result

    def emit(
        func: dict[str, Any],
        request_id: str,
        log_text: str,
        error: bool,
        duration_ms: int,
        *,
        log_source: str | None = None,
    ) -> None:
        config = func.get("config") or func
        if not _is_python(config):
            emit_lambda_logs(func, request_id, log_text, error, duration_ms, log_source=log_source)
            return
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        stream = _streams.pop(request_id, request_id)
        if logs.may_write(config["Role"], group, stream):
            logs.write(group, stream, logs.invocation_lines(config, request_id, log_text, duration_ms))

    lambda_runtime._worker_class_for = choose_class
    lambda_svc._execute_function_warm = execute
    lambda_svc._emit_lambda_logs = emit
    lambda_svc.run_reentrant = threads.run
    apigateway_v1.run_reentrant = threads.run


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "")).startswith("python")
