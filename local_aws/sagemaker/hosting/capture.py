"""Data capture: a share of an endpoint's requests and answers, as JSON lines in S3.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

import base64
import json
import logging
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ministack.core.concurrency import spawn_background

from local_aws import credentials
from local_aws.sagemaker.transfer import RoleStorage, TransferError
from local_aws.sagemaker.uris import S3Location

logger = logging.getLogger(__name__)

# Minutes on AWS; so long are records collected before they make a file.
_SECONDS_OF_A_FILE = 1.0


@dataclass(frozen=True)
class Body:
    """A request's or an answer's body and its media type."""

    content_type: str
    content: bytes


class Capture:
    """What one variant of an endpoint captures, by the DataCaptureConfig of its endpoint configuration.

    Files are written with the model's role; what it may not write is lost, and logged.
    """

    def __init__(self, settings: dict[str, Any], endpoint: str, variant: str, role_arn: str | None) -> None:
        self._settings = settings
        self._target = S3Location.parse(settings["DestinationS3Uri"]).joined(endpoint).joined(variant)
        self._role_arn = role_arn
        self._modes = {option["CaptureMode"] for option in settings["CaptureOptions"]}
        self._lock = threading.Lock()
        self._collected: list[_Record] = []

    def record(self, request: Body, answer: Body) -> None:
        """Keep a request with its answer, if it is in the sample."""
        if random.random() * 100 >= self._settings["InitialSamplingPercentage"]:  # noqa: S311
            return
        with self._lock:
            self._collected.append(_Record(request, answer))
            first = len(self._collected) == 1
        if first:
            spawn_background(self._write_later, thread_name="sagemaker-capture")

    def _write_later(self) -> None:
        time.sleep(_SECONDS_OF_A_FILE)
        with self._lock:
            records, self._collected = self._collected, []
        try:
            self._write(records)
        except (TransferError, credentials.RoleNotAssumable) as error:
            logger.warning("Data capture to %s failed: %s", self._target, error)

    def _write(self, records: list["_Record"]) -> None:
        if self._role_arn is None:
            logger.warning("Data capture to %s failed: the model has no ExecutionRoleArn", self._target)
            return
        storage = RoleStorage(self._role_arn, credentials.role_environment(self._role_arn, "SageMaker"))
        first = records[0].time
        name = f"{first:%M-%S}-{first.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        lines = "".join(json.dumps(self._document(record)) + "\n" for record in records)
        location = self._target.joined(f"{first:%Y/%m/%d/%H}").joined(name)
        storage.write(lines.encode(), location, self._settings.get("KmsKeyId"))

    def _document(self, record: "_Record") -> dict[str, Any]:
        parts = {}
        if self._modes & {"Input", "InputAndOutput"}:
            parts["endpointInput"] = self._part("INPUT", record.request)
        if self._modes & {"Output", "InputAndOutput"}:
            parts["endpointOutput"] = self._part("OUTPUT", record.answer)
        return {
            "captureData": parts,
            "eventMetadata": {
                "eventId": str(uuid.uuid4()),
                "inferenceTime": f"{record.time:%Y-%m-%dT%H:%M:%SZ}",
            },
            "eventVersion": "0",
        }

    def _part(self, mode: str, body: Body) -> dict[str, str]:
        encoding = self._encoding(body.content_type)
        data = base64.b64encode(body.content) if encoding == "BASE64" else body.content
        return {
            "observedContentType": body.content_type,
            "mode": mode,
            "data": data.decode("utf-8", "replace"),
            "encoding": encoding,
        }

    def _encoding(self, content_type: str) -> str:
        """As the configuration's content types say, else base64."""
        media_type = content_type.partition(";")[0].strip().lower()
        known = self._settings.get("CaptureContentTypeHeader", {})
        for encoding, types in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes")):
            if media_type in (each.lower() for each in known.get(types, [])):
                return encoding
        return "BASE64"


@dataclass(frozen=True)
class _Record:
    request: Body
    answer: Body
    time: datetime = field(default_factory=lambda: datetime.now(UTC))
