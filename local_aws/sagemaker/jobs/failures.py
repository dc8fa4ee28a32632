"""Why a container failed, in SageMaker's words."""

from pathlib import Path

from local_aws.sagemaker.jobs.lifecycle import JobFailedError

_CLIENT_ERROR = "ClientError"


def algorithm_failure(failure_file: Path, last_line: str, exit_code: int) -> JobFailedError:
    """The failure of a container that ended with `exit_code`.

    Its text is what the container wrote to its failure file, else the last line of its log. A built-in
    algorithm tells its user's faults as `ClientError`; all else is an `AlgorithmError`.
    """
    text = failure_file.read_text("utf-8", "replace").strip() if failure_file.is_file() else last_line
    reason = text if text.startswith(_CLIENT_ERROR) else f"AlgorithmError: {text}"
    return JobFailedError(f"{reason}, exit code: {exit_code}")
