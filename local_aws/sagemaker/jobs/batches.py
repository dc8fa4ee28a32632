"""How batch transform takes input apart into records and requests, and puts the answers together."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.sagemaker.jobs.json_paths import JsonPath

_MEGABYTE = 1024 * 1024
_DEFAULT_PAYLOAD_MB = 6
_JOINED_MEMBER = "SageMakerOutput"


class BatchError(ValueError):
    """The data doesn't fit what the job asks for; the text says what was wrong."""


@dataclass(frozen=True)
class Batch:
    """The records of one request, as they are in the input and as they are sent."""

    originals: list[bytes]
    payload: bytes


class TransformFormat:
    """What a transform job says about its data."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        source, target = job["TransformInput"], job["TransformOutput"]
        processing = job.get("DataProcessing", {})
        self._by_line = source.get("SplitType", "None") == "Line"
        self._single = job.get("BatchStrategy", "MultiRecord") == "SingleRecord"
        self._limit = job.get("MaxPayloadInMB", _DEFAULT_PAYLOAD_MB) * _MEGABYTE
        self._assemble_lines = target.get("AssembleWith", "None") == "Line"
        self._input_json = _is_json(source.get("ContentType", "text/csv"))
        self._output_json = _is_json(target.get("Accept", source.get("ContentType", "text/csv")))
        self._input_filter = JsonPath(processing.get("InputFilter", "$"))
        self._output_filter = JsonPath(processing.get("OutputFilter", "$"))
        self._filters_input = processing.get("InputFilter", "$") != "$"
        self._filters_output = processing.get("OutputFilter", "$") != "$"
        self._joins = processing.get("JoinSource", "None") == "Input"

    def batches(self, content: bytes) -> Iterator[Batch]:
        """The requests that an object's content makes, none larger than the job's payload limit."""
        originals: list[bytes] = []
        sent: list[bytes] = []
        size = 0
        for original in self._records(content):
            record = self._filtered(original)
            if self._limit and len(record) > self._limit:
                raise BatchError(f"A record of {len(record)} bytes exceeds MaxPayloadInMB.")
            if sent and (self._single or (self._limit and size + len(record) + 1 > self._limit)):
                yield Batch(originals, b"\n".join(sent))
                originals, sent, size = [], [], 0
            originals.append(original)
            sent.append(record)
            size += len(record) + 1
        if sent:
            yield Batch(originals, b"\n".join(sent))

    def assembled(self, answers: Iterable[tuple[Batch, bytes]]) -> bytes:
        """The output object that the answers to an object's batches make."""
        end = b"\n" if self._assemble_lines else b""
        parts = []
        for batch, answer in answers:
            outputs = self._outputs(batch, answer) if self._joins or self._filters_output else [answer]
            parts += [output.removesuffix(end) + end if end else output for output in outputs]
        return b"".join(parts)

    def _records(self, content: bytes) -> list[bytes]:
        if not self._by_line:
            return [content]
        return [line for line in content.replace(b"\r\n", b"\n").split(b"\n") if line]

    def _filtered(self, record: bytes) -> bytes:
        if not self._filters_input:
            return record
        if self._input_json:
            return json.dumps(self._input_filter.select(_parsed_json(record))).encode()
        lines = [self._input_filter.select(row) for row in _rows(record)]
        return b"\n".join(_csv_line(line) for line in lines)

    def _outputs(self, batch: Batch, answer: bytes) -> list[bytes]:
        outputs = [line for line in answer.split(b"\n") if line] if self._by_line else [answer]
        if len(outputs) != len(batch.originals):
            raise BatchError(
                f"The model answered {len(outputs)} records to a request of {len(batch.originals)}; "
                "joining and "
                "filtering outputs needs one output line for each input record."
            )
        pairs = zip(batch.originals, outputs, strict=True)
        return [self._output(original, output) for original, output in pairs]

    def _output(self, original: bytes, output: bytes) -> bytes:
        if self._joins and self._input_json:
            source = _parsed_json(original)
            joined = {**source} if isinstance(source, dict) else {"SageMakerInput": source}
            joined[_JOINED_MEMBER] = (
                _parsed_json(output) if self._output_json else output.decode().rstrip("\n")
            )
            return json.dumps(self._output_filter.select(joined)).encode()
        if self._output_json and not self._joins:
            return json.dumps(self._output_filter.select(_parsed_json(output))).encode()
        answered = [output.decode().rstrip("\n")] if self._output_json else _rows(output)[0]
        columns = [*_rows(original)[0], *answered] if self._joins else answered
        return _csv_line(self._output_filter.select(columns))


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip() in ("application/json", "application/jsonlines")


def _parsed_json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BatchError(f"A record is not JSON: {error}: {text[:80]!r}") from None


def _rows(text: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode()))) or [[]]


def _csv_line(columns: Any) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(columns if isinstance(columns, list) else [columns])
    return line.getvalue().encode()
