import base64
import hashlib
import importlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from ingest.download import Download, save
from ingest.faults import (
    ChecksumMismatch,
    SourceMissing,
    SourceNotAllowed,
    SourceTooLarge,
    SourceUnavailable,
    StoreRefused,
)
from ingest.ingestion import Ingestion

LIMIT = 10_000
ANSWERS = b"3,1,2,3,4,5\n"


class Bucket:
    """As much of S3 as the function uses: objects by bucket and key, with their SHA-256."""

    def __init__(self, objects: dict[tuple[str, str], bytes]) -> None:
        self.objects = objects
        self.puts: list[str] = []

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        content = self._content("GetObject", "NoSuchKey", Bucket, Key)
        return {"Body": StreamingBody(io.BytesIO(content), len(content)), "ContentLength": len(content)}

    def head_object(self, *, Bucket: str, Key: str, ChecksumMode: str) -> dict[str, Any]:  # noqa: N803
        assert ChecksumMode == "ENABLED"
        return {"ChecksumSHA256": checksum(self._content("HeadObject", "404", Bucket, Key))}

    def put_object(self, *, Bucket: str, Key: str, Body: Any, **more: Any) -> dict[str, Any]:  # noqa: N803
        content = Body if isinstance(Body, bytes) else Body.read()
        assert more.get("ChecksumSHA256", checksum(content)) == checksum(content)
        self.objects[Bucket, Key] = content
        self.puts.append(Key)
        return {}

    def _content(self, operation: str, code: str, bucket: str, key: str) -> bytes:
        try:
            return self.objects[bucket, key]
        except KeyError:
            raise ClientError({"Error": {"Code": code, "Message": "Not Found"}}, operation) from None


class Refusing(Bucket):
    """Answers every read with one error."""

    def __init__(self, code: str) -> None:
        super().__init__({})
        self.code = code

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        raise ClientError({"Error": {"Code": self.code, "Message": f"no {Bucket}/{Key}"}}, "GetObject")


def checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, member in members.items():
            opened.writestr(name.replace("_csv", ".csv"), member)
    return content.getvalue()


def no_web(uri: str, path: Path, max_bytes: int) -> Download:
    raise AssertionError(f"{uri} was fetched to {path} ({max_bytes})")


def ingestion(
    s3: Bucket, fetch_web: Callable[[str, Path, int], Download] = no_web, max_bytes: int = LIMIT
) -> Ingestion:
    return Ingestion(
        s3=s3, fetch_web=fetch_web, data_bucket="data", artifacts_bucket="artifacts", max_bytes=max_bytes
    )


def file(
    name: str = "answers.csv", source: str | None = "s3://up/a.csv", sha256: str | None = None
) -> dict[str, Any]:
    return {"name": name, "source": source, "sha256": sha256}


def test_keeps_the_raw_data_by_content_and_a_record_of_where_it_came_from() -> None:
    # Given an upload
    s3 = Bucket({("up", "a.csv"): ANSWERS})

    # When it is ingested
    result = ingestion(s3).run("mysfit_recommender", "0123456789ab", [file(sha256=sha256(ANSWERS).upper())])

    # Then it is kept under a prefix that its content names
    data_sha256 = sha256(f"{sha256(ANSWERS)}  answers.csv\n".encode())
    key = f"raw/mysfit_recommender/{data_sha256[:16]}/answers.csv"
    assert s3.objects["data", key] == ANSWERS
    assert result == {
        "raw_uri": f"s3://data/raw/mysfit_recommender/{data_sha256[:16]}/",
        "data_sha256": data_sha256,
        "files": [{"name": "answers.csv", "sha256": sha256(ANSWERS), "bytes": len(ANSWERS)}],
    }
    # And the run's record says what was taken from where
    record = json.loads(s3.objects["artifacts", "runs/mysfit_recommender/0123456789ab/data.json"])
    assert record["data_sha256"] == data_sha256
    assert record["files"][0]["source"] == "s3://up/a.csv"


def test_the_same_data_is_not_uploaded_again() -> None:
    s3 = Bucket({("up", "a.csv"): ANSWERS})
    first = ingestion(s3).run("w", "run1", [file()])
    s3.puts.clear()

    second = ingestion(s3).run("w", "run2", [file()])

    assert second == first
    assert s3.puts == ["runs/w/run2/data.json"]


def test_data_damaged_in_the_bucket_is_put_right() -> None:
    s3 = Bucket({("up", "a.csv"): ANSWERS})
    ingestion(s3).run("w", "run1", [file()])
    (key,) = [key for bucket, key in s3.objects if bucket == "data"]
    s3.objects["data", key] = b"damaged"

    ingestion(s3).run("w", "run2", [file()])

    assert s3.objects["data", key] == ANSWERS


def test_the_order_of_files_does_not_change_what_the_data_is() -> None:
    s3 = Bucket({("up", "a"): b"1", ("up", "b"): b"2"})
    a, b = file("a.csv", "s3://up/a"), file("b.csv", "s3://up/b")

    assert (
        ingestion(s3).run("w", "1", [a, b])["data_sha256"]
        == ingestion(s3).run("w", "2", [b, a])["data_sha256"]
    )


def test_unpacks_an_archive_and_checks_the_checksum_of_what_was_published() -> None:
    source = zipped(answers_csv=ANSWERS, other_csv=b"1")
    s3 = Bucket({("up", "a.zip"): source})

    result = ingestion(s3).run("w", "1", [file(source="s3://up/a.zip", sha256=sha256(source))])

    assert result["files"] == [{"name": "answers.csv", "sha256": sha256(ANSWERS), "bytes": len(ANSWERS)}]
    record = json.loads(s3.objects["artifacts", "runs/w/1/data.json"])
    assert record["files"][0]["source_sha256"] == sha256(source)


def test_an_archive_that_is_itself_the_file_stays_packed() -> None:
    source = zipped(answers_csv=ANSWERS)
    s3 = Bucket({("up", "a.zip"): source})

    result = ingestion(s3).run("w", "1", [file("a.zip", "s3://up/a.zip")])

    assert result["files"][0]["sha256"] == sha256(source)


def test_fetches_pages_from_the_web() -> None:
    def page(uri: str, path: Path, max_bytes: int) -> Download:
        assert (uri, max_bytes) == ("https://example.com/a?sig=1", LIMIT)
        return save(io.BytesIO(ANSWERS).read, path, max_bytes=max_bytes, announced_bytes=None, what=uri)

    result = ingestion(Bucket({}), page).run("w", "1", [file(source="https://example.com/a?sig=1")])

    assert result["files"][0]["sha256"] == sha256(ANSWERS)


@pytest.mark.parametrize(
    ("given", "fault", "says"),
    [
        (
            file(source=None),
            SourceMissing,
            r"answers\.csv has no source: set one in workload\.yaml, or give ",
        ),
        (file(source="s3://up/nothing"), SourceMissing, "s3://up/nothing doesn't exist"),
        (file(source="s3://up"), SourceNotAllowed, "s3://bucket/key"),
        (file(source="http://example.com/a"), SourceNotAllowed, "isn't an s3:// or https:// URI"),
        (file(source="/etc/passwd"), SourceNotAllowed, "isn't an s3:// or https:// URI"),
        (file(sha256="0" * 64), ChecksumMismatch, f"has the SHA-256 {sha256(ANSWERS)}, not 0000"),
        (file(source="s3://up/big"), SourceTooLarge, "10001 bytes; at most 10000"),
        (file(source="s3://up/bomb.zip"), SourceTooLarge, r"answers\.csv in s3://up/bomb\.zip has more than"),
    ],
)
def test_says_why_data_is_not_taken_and_keeps_nothing(
    given: dict[str, Any], fault: type[Exception], says: str
) -> None:
    s3 = Bucket(
        {
            ("up", "a.csv"): ANSWERS,
            ("up", "big"): b"0" * (LIMIT + 1),
            ("up", "bomb.zip"): zipped(answers_csv=b"0" * (LIMIT + 1)),
        }
    )

    with pytest.raises(fault, match=says):
        ingestion(s3).run("w", "1", [given])

    assert s3.puts == []


@pytest.mark.parametrize(
    ("code", "fault", "says"),
    [
        ("NoSuchBucket", SourceMissing, "doesn't exist"),
        ("AccessDenied", SourceUnavailable, "this function's role may not read it"),
        ("SlowDown", SourceUnavailable, "SlowDown"),
    ],
)
def test_says_why_an_object_is_not_read(code: str, fault: type[Exception], says: str) -> None:
    with pytest.raises(fault, match=says):
        ingestion(Refusing(code)).run("w", "1", [file()])


DENIED = (
    "User: arn:aws:sts::111122223333:assumed-role/ml-dev-training-IngestRole/ingest is not authorized to "
    "perform: s3:{} because no identity-based policy allows the s3:{} action"
)


def denial(operation: str, code: str = "AccessDenied", message: str | None = None) -> ClientError:
    message = message or DENIED.format(operation, operation)
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class Kept(Bucket):
    """Refuses some operations on the data bucket, as S3 does: HEAD without a word."""

    def __init__(self, *refused: str) -> None:
        super().__init__({("up", "a.csv"): ANSWERS})
        self.refused = refused

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if Bucket == "data" and "GetObject" in self.refused:
            raise denial("GetObject")
        return super().get_object(Bucket=Bucket, Key=Key)

    def head_object(self, *, Bucket: str, Key: str, ChecksumMode: str) -> dict[str, Any]:  # noqa: N803
        if "GetObject" in self.refused:
            raise denial("HeadObject", "403", "Forbidden")
        return super().head_object(Bucket=Bucket, Key=Key, ChecksumMode=ChecksumMode)

    def put_object(self, *, Bucket: str, Key: str, Body: Any, **more: Any) -> dict[str, Any]:  # noqa: N803
        if "PutObject" in self.refused:
            raise denial("PutObject")
        return super().put_object(Bucket=Bucket, Key=Key, Body=Body, **more)


@pytest.mark.parametrize("operation", ["GetObject", "PutObject"])
def test_says_what_the_data_bucket_refuses_on_which_object(operation: str) -> None:
    # When the function may not look whether the data is there already, or may not put it there
    with pytest.raises(StoreRefused) as refused:
        ingestion(Kept(operation)).run("w", "1", [file()])

    # Then it says on which object, who may not do what in S3's words, and what would be right
    said = str(refused.value)
    assert re.search(r"s3://data/raw/w/[0-9a-f]{16}/answers\.csv can't be kept", said)
    assert DENIED.format(operation, operation) in said
    assert "needs s3:GetObject and s3:PutObject on it, s3:ListBucket on its bucket" in said


def test_another_error_of_the_data_bucket_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = Kept()

    def busy(**_: Any) -> dict[str, Any]:
        raise denial("HeadObject", "503", "Slow Down")

    monkeypatch.setattr(s3, "head_object", busy)

    with pytest.raises(ClientError, match="Slow Down"):
        ingestion(s3).run("w", "1", [file()])


def test_the_handler_works_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = importlib.import_module("ingest.handler")
    s3 = Bucket({("up", "a.csv"): ANSWERS})
    monkeypatch.setattr(handler, "s3", s3)
    monkeypatch.setenv("DATA_BUCKET", "data")
    monkeypatch.setenv("ARTIFACTS_BUCKET", "artifacts")
    monkeypatch.setenv("MAX_BYTES", str(len(ANSWERS)))
    event = {"workload": "w", "run": "1", "files": [file()]}

    assert handler.handler(event, None)["raw_uri"].startswith("s3://data/raw/w/")
    monkeypatch.setenv("MAX_BYTES", str(len(ANSWERS) - 1))
    with pytest.raises(SourceTooLarge):
        handler.handler(event, None)
