"""Raw data on its way in: local files are uploaded, missing ones made by the workload's own generator."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.console import remark
from cli.errors import OperatorError
from cli.platform import Platform
from cli.project import relative
from settings.uploads import uploads_prefix
from settings.workload import Workload

_ID_LENGTH = 16


@dataclass(frozen=True)
class LocalFile:
    """A file on this machine with its checksum, as it will be uploaded."""

    name: str
    path: Path
    sha256: str

    @classmethod
    def read(cls, path: Path) -> "LocalFile":
        """The file at `path`, read once for its checksum.

        Raises:
            OperatorError: it can't be read.
        """
        try:
            with path.open("rb") as content:
                return cls(path.name, path, hashlib.file_digest(content, "sha256").hexdigest())
        except OSError as error:
            raise OperatorError(f"{path} can't be read: {error.strerror}.") from error


Sources = dict[str, dict[str, str]]


def parse_source(text: str) -> tuple[str, dict[str, str]]:
    """Read `file=uri[#sha256]` as a file's name and its entry in the execution's input.

    Raises:
        OperatorError: it has another form.
    """
    name, separator, address = text.partition("=")
    uri, _, checksum = address.partition("#")
    if not separator or not name or not uri.startswith(("s3://", "https://")):
        raise OperatorError(
            f"--source {text!r} can't be read: write file=uri, as in answers.csv=s3://bucket/answers.csv, "
            "with an address that starts with s3:// or https:// and, if you like, #<sha256> after it."
        )
    if not checksum:
        return name, {"uri": uri}
    if len(checksum) != 64 or set(checksum.lower()) - set("0123456789abcdef"):
        raise OperatorError(f"--source {name}: {checksum!r} is no SHA-256 checksum, which has 64 hex digits.")
    return name, {"uri": uri, "sha256": checksum.lower()}


def check_names(workload: Workload, sources: Mapping[str, object]) -> None:
    """Raise OperatorError if a source is given for a file that the workload doesn't have."""
    known = [file.name for file in workload.data.files]
    unknown = sorted(set(sources) - set(known))
    if unknown:
        raise OperatorError(
            f"{workload.name} has no data file {', '.join(unknown)}. It has: {', '.join(known)}."
        )


def in_folder(workload: Workload, folder: Path, besides: Mapping[str, object]) -> list[LocalFile]:
    """The workload's data files in `folder`, without those that come from elsewhere (`besides`).

    Raises:
        OperatorError: one is missing; the text says which.
    """
    if not folder.is_dir():
        raise OperatorError(
            f"There is no folder {folder}: --data names the folder that holds the raw data files."
        )
    wanted = [folder / file.name for file in workload.data.files if file.name not in besides]
    missing = [path.name for path in wanted if not path.is_file()]
    if missing:
        raise OperatorError(
            f"{folder} lacks {', '.join(missing)}, which {workload.name} needs: put the raw data there under "
            "the name(s) given in its workload.yaml, or leave --data out to train on sample data."
        )
    return [LocalFile.read(path) for path in wanted]


def sample(workload: Workload, folder: Path) -> list[LocalFile]:
    """Generate the workload's sample data into `folder`; the same on every machine, since it has a seed."""
    script = workload.folder / "sample.py"
    if not script.is_file():
        names = ", ".join(file.name for file in workload.data.files)
        raise OperatorError(
            f"{workload.name} has neither a public source nor a sample.py: give its raw data ({names}) "
            "with --data <folder> or --source file=uri."
        )
    # The folder above holds the library that the workloads' scripts share.
    environment = {**os.environ, "PYTHONPATH": str(workload.folder.parent)}
    made = subprocess.run(  # noqa: S603 - the project's own script
        [sys.executable, str(script), "--output", str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        last_line = (made.stderr.strip().splitlines() or ["no message"])[-1]
        raise OperatorError(f"{relative(script)} could not generate sample data: {last_line}")
    return in_folder(workload, folder, {})


def upload(platform: Platform, prefix: str, files: list[LocalFile]) -> Sources:
    """Put `files` below `prefix` in the data bucket, unless they are there; return them as sources.

    They lie in a folder of their own, named by their content, so that no upload changes another.
    """
    s3, bucket = platform.client("s3"), platform.data_bucket
    content = "\n".join(f"{file.sha256}  {file.name}" for file in sorted(files, key=lambda file: file.name))
    folder = f"{prefix}{hashlib.sha256(content.encode()).hexdigest()[:_ID_LENGTH]}/"
    present = {
        found["Key"]: found["Size"]
        for found in s3.list_objects_v2(Bucket=bucket, Prefix=folder).get("Contents", [])
    }
    for file in files:
        key = folder + file.name
        if present.get(key) != file.path.stat().st_size:
            s3.upload_file(str(file.path), bucket, key)
    return {file.name: {"uri": f"s3://{bucket}/{folder}{file.name}", "sha256": file.sha256} for file in files}


def sources_for(
    platform: Platform, workload: Workload, folder: Path | None, given: Mapping[str, dict[str, str]]
) -> Sources:
    """The execution's sources: those given, what `folder` holds, else sample data where it is needed."""
    check_names(workload, given)
    if folder is not None:
        return {**given, **upload(platform, uploads_prefix(workload), in_folder(workload, folder, given))}
    lacking = [file.name for file in workload.data.files if file.source is None and file.name not in given]
    if not lacking:
        return dict(given)
    remark(
        f"{workload.name} has no public source for {', '.join(lacking)}: training on generated sample data."
    )
    with tempfile.TemporaryDirectory() as temporary:
        made = [file for file in sample(workload, Path(temporary)) if file.name in lacking]
        return {**upload(platform, uploads_prefix(workload), made), **given}
