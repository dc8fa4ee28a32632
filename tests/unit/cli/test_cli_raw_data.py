import hashlib
import re
from pathlib import Path

import pytest

from cli import raw_data
from cli.errors import OperatorError
from cli.platform import Platform
from settings.workload import Workload
from tests.unit.cli.stubbed_aws import StubbedTarget

CHECKSUM = "a" * 64


@pytest.mark.parametrize(
    ("text", "name", "entry"),
    [
        ("answers.csv=s3://bucket/a=b.csv", "answers.csv", {"uri": "s3://bucket/a=b.csv"}),
        ("answers.csv=https://host/a", "answers.csv", {"uri": "https://host/a"}),
        (
            f"answers.csv=https://host/a#{CHECKSUM.upper()}",
            "answers.csv",
            {"uri": "https://host/a", "sha256": CHECKSUM},
        ),
    ],
)
def test_a_source_is_read(text: str, name: str, entry: dict[str, str]) -> None:
    assert raw_data.parse_source(text) == (name, entry)


@pytest.mark.parametrize(
    "text",
    ["answers.csv", "=s3://bucket/a", "answers.csv=/tmp/a", "answers.csv=http://host/a", "a=s3://b/c#12"],
)
def test_a_source_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="--source"):
        raw_data.parse_source(text)


def test_a_folder_without_the_file_is_refused(workload: Workload, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"lacks answers\.csv, which mysfit_recommender needs"):
        raw_data.in_folder(workload, tmp_path, {})


def test_a_folder_that_is_not_there_is_refused(workload: Workload, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=f"no folder {re.escape(str(tmp_path / 'nowhere'))}"):
        raw_data.in_folder(workload, tmp_path / "nowhere", {})


def test_a_source_for_a_file_that_the_workload_does_not_have_is_refused(platform: Platform) -> None:
    with pytest.raises(OperatorError, match=r"no data file other\.csv\. It has: answers\.csv"):
        raw_data.sources_for(platform, platform.workloads[0], None, {"other.csv": {"uri": "s3://b/k"}})


def test_a_given_source_needs_no_upload(platform: Platform) -> None:
    given = {"answers.csv": {"uri": "s3://bucket/answers.csv"}}

    assert raw_data.sources_for(platform, platform.workloads[0], None, given) == given


def test_files_that_are_uploaded_already_are_not_uploaded_again(
    platform: Platform, target: StubbedTarget, answers_csv: Path
) -> None:
    # Given a file whose content lies under the prefix that is named by its checksum
    file = answers_csv / "answers.csv"
    checksum = hashlib.sha256(file.read_bytes()).hexdigest()
    prefix = (
        "uploads/mysfit_recommender/" + hashlib.sha256(f"{checksum}  answers.csv".encode()).hexdigest()[:16]
    )
    present = {"Contents": [{"Key": f"{prefix}/answers.csv", "Size": file.stat().st_size}]}
    target.expect("s3", "list_objects_v2", present, {"Bucket": "data-bucket", "Prefix": f"{prefix}/"})

    # When it is to be uploaded, then nothing but the listing is asked of S3
    sources = raw_data.sources_for(platform, platform.workloads[0], answers_csv, {})

    assert sources == {"answers.csv": {"uri": f"s3://data-bucket/{prefix}/answers.csv", "sha256": checksum}}


def test_the_sample_is_the_same_every_time(workload: Workload, tmp_path: Path) -> None:
    first = raw_data.sample(workload, tmp_path / "first")
    second = raw_data.sample(workload, tmp_path / "second")

    assert [file.name for file in first] == ["answers.csv"]
    assert [file.sha256 for file in first] == [file.sha256 for file in second]


def test_a_generator_may_import_the_library_beside_its_folder(workload: Workload, tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "adults.py").write_text("ROW = '1,2'")
    folder = tmp_path / "workload"
    folder.mkdir()
    (folder / "sample.py").write_text(
        "import sys, pathlib\nfrom library.adults import ROW\n"
        "pathlib.Path(sys.argv[2], 'answers.csv').write_text(ROW)"
    )

    made = raw_data.sample(workload.model_copy(update={"folder": folder}), tmp_path)

    assert made[0].path.read_text() == "1,2"


def test_a_workload_without_source_and_generator_says_what_to_give(
    workload: Workload, tmp_path: Path
) -> None:
    lonely = workload.model_copy(update={"folder": tmp_path})

    with pytest.raises(OperatorError, match=r"neither a public source nor a sample\.py.*--data <folder>"):
        raw_data.sample(lonely, tmp_path)


def test_a_generator_that_fails_is_quoted(workload: Workload, tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text("raise SystemExit('no luck today')")
    broken = workload.model_copy(update={"folder": tmp_path})

    with pytest.raises(OperatorError, match="could not generate sample data: no luck today"):
        raw_data.sample(broken, tmp_path)
