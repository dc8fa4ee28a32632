"""`transform`: predictions for a whole file, by the workload's batch state machine."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from cli import raw_data
from cli.errors import OperatorError
from cli.executions import Follower
from cli.platform import Platform
from cli.translation import Translator, is_translatable, translator_of
from settings.uploads import batch_prefix
from settings.workload import Workload

_RECORDS: Final = ".csv"
_DOCUMENTS: Final = ".jsonl"


@dataclass(frozen=True)
class BatchInput:
    """A file in the data bucket; `encoded_for` is the model package it was encoded for, if it was here."""

    uri: str
    encoded_for: str | None = None


@dataclass(frozen=True)
class BatchResult:
    """Where the predictions are, and which model package made them."""

    execution_arn: str
    output_uri: str
    model_package_arn: str
    file: Path | None

    def document(self) -> dict[str, Any]:
        """As a JSON document."""
        return {
            "execution_arn": self.execution_arn,
            "output_uri": self.output_uri,
            "model_package_arn": self.model_package_arn,
            "file": None if self.file is None else str(self.file),
        }

    def __str__(self) -> str:
        return f"Predicted by {self.model_package_arn}: {self.file or self.output_uri}"


def bring(platform: Platform, workload: Workload, source: str) -> BatchInput:
    """Have the input in the data bucket: a URI stays, records are uploaded, documents are encoded before.

    Raises:
        OperatorError: it isn't there, is of no known kind, or a line of it is wrong.
    """
    if source.startswith("s3://"):
        if urlsplit(source).netloc != platform.data_bucket:
            raise OperatorError(
                f"{source} can't be read by the platform: give a file of its own bucket, "
                f"s3://{platform.data_bucket}/…, or a local one."
            )
        return BatchInput(source)
    path = Path(source)
    if path.suffix not in (_RECORDS, _DOCUMENTS) or not path.is_file():
        raise OperatorError(
            f"{source} is no file to predict from: give a {_RECORDS} file with the model's features on each "
            f"line, a {_DOCUMENTS} file with a JSON document on each line, or s3://{platform.data_bucket}/…."
        )
    if path.stat().st_size == 0:
        raise OperatorError(f"{source} is empty: it needs a record on each line.")
    if path.suffix == _RECORDS:
        return BatchInput(_upload(platform, workload, path))
    if not is_translatable(workload):
        raise OperatorError(
            f"{workload.name} has no inference.py, so it reads no documents: give a {_RECORDS} file."
        )
    translator = translator_of(platform, workload)
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / f"{path.stem}{_RECORDS}"
        encode_file(translator, path, records)
        return BatchInput(_upload(platform, workload, records), translator.package.arn)


def encode_file(translator: Translator, documents: Path, records: Path) -> None:
    """Write the encoding of each line of `documents` into `records`; blank lines are left out.

    Raises:
        OperatorError: a line is wrong; the text names it. Or there is none.
    """
    with records.open("w", encoding="utf-8", newline="") as written:
        for number, document in _documents(documents):
            try:
                written.write(translator.encode(document).rstrip("\r\n") + "\n")
            except OperatorError as error:
                raise OperatorError(f"{documents}, line {number}: {error}") from error
    if records.stat().st_size == 0:
        raise OperatorError(f"{documents} holds nothing to predict from: it needs a document on each line.")


def _documents(path: Path) -> Iterator[tuple[int, object]]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise OperatorError(f"{path}, line {number} is no JSON document: {error}.") from error


def _upload(platform: Platform, workload: Workload, path: Path) -> str:
    file = raw_data.LocalFile.read(path)
    return raw_data.upload(platform, batch_prefix(workload), [file])[path.name]["uri"]


def start(platform: Platform, workload: Workload, given: BatchInput, *, join: bool) -> str:
    """Start the execution that predicts from the input; returns its ARN."""
    answer = platform.client("stepfunctions").start_execution(
        stateMachineArn=platform.batch_state_machine(workload),
        input=json.dumps({"input_uri": given.uri, "join": join}),
    )
    return str(answer["executionArn"])


def run_to_end(
    platform: Platform, workload: Workload, given: BatchInput, arn: str, follower: Follower, file: Path | None
) -> BatchResult:
    """Follow the execution to its end, and fetch the predictions into `file`, if one is given.

    Raises:
        OperatorError: it failed, or another model than the one the input was encoded for has predicted.
    """
    title, what = f"{workload.name} batch", f"Predicting with {workload.name}"
    output = follower.follow_to_success(arn, title, what).output
    package = output["model_package_arn"]
    if given.encoded_for not in (None, package):
        raise OperatorError(
            f"{package} has predicted from what was encoded for {given.encoded_for}, since it was deployed "
            "meanwhile: repeat the command."
        )
    fetched = None if file is None else _fetch(platform, output["output_uri"], file)
    return BatchResult(arn, output["output_uri"], package, fetched)


def _fetch(platform: Platform, uri: str, file: Path) -> Path:
    location = urlsplit(uri)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        platform.client("s3").download_file(location.netloc, location.path.lstrip("/"), str(file))
    except OSError as error:
        raise OperatorError(
            f"{file} can't be written: {error.strerror}; the predictions are at {uri}."
        ) from error
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        raise OperatorError(f"The predictions aren't at {uri}, where the execution put them.") from error
    return file.resolve()
