"""The committed table of images is the SageMaker SDK's."""

import json
import re
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from settings.errors import SettingsError
from settings.generate_image_table import image_data
from settings.generate_image_table import image_table as generated_table
from settings.images import PROCESSING_IMAGE, TABLE_FILE, image_table, image_uri, region_mapping
from settings.loading import load_environment, load_workloads
from settings.regions import dns_suffixes
from tests.unit.settings.conftest import Project


@pytest.fixture(scope="module")
def sdk_data() -> Path:
    try:
        return image_data()
    except PackageNotFoundError:
        pytest.fail("the SageMaker SDK isn't installed: pip install -r requirements-dev.txt")


def test_the_table_is_the_sdks(sdk_data: Path) -> None:
    assert json.loads(TABLE_FILE.read_text()) == generated_table(sdk_data), "run make image-table"


def test_the_processing_image_is_the_newest_scikit_learn(sdk_data: Path) -> None:
    # Given
    versions = json.loads((sdk_data / "sklearn.json").read_text())["training"]["versions"]
    # When
    newest = max(versions, key=lambda version: [int(number) for number in re.findall(r"\d+", version)[:3]])
    # Then
    assert ("sagemaker-scikit-learn", f"{newest}-cpu-py3") == PROCESSING_IMAGE


@pytest.mark.parametrize(
    ("repository", "regions", "accounts"),
    [
        ("sagemaker-xgboost", 37, {"us-east-1": "683313688378", "sa-east-1": "737474898029"}),
        ("knn", 37, {"us-east-1": "382416733822", "us-west-2": "174872318107"}),
        ("randomcutforest", 37, {"us-east-2": "404615174143", "eu-west-1": "438346466558"}),
        ("sagemaker-clarify-processing", 28, {"us-east-1": "205585389593", "us-east-2": "211330385671"}),
        ("sagemaker-debugger-rules", 24, {"us-west-2": "895741380848", "eu-west-1": "929884845733"}),
    ],
)
def test_accounts_that_aws_documents(repository: str, regions: int, accounts: dict[str, str]) -> None:
    table = image_table()[repository].accounts
    assert len(table) == regions
    assert accounts.items() <= table.items()


@pytest.mark.parametrize(
    ("repository", "tag", "region", "uri"),
    [
        ("knn", "1", "us-east-1", "382416733822.dkr.ecr.us-east-1.amazonaws.com/knn:1"),
        ("knn", "1", "cn-north-1", "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/knn:1"),
        ("knn", "1", "us-gov-west-1", "226302683700.dkr.ecr.us-gov-west-1.amazonaws.com/knn:1"),
        ("knn", "1", "us-iso-east-1", "490574956308.dkr.ecr.us-iso-east-1.c2s.ic.gov/knn:1"),
        (
            "sagemaker-xgboost",
            "1.7-1",
            "us-west-2",
            "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1",
        ),
    ],
)
def test_uri(repository: str, tag: str, region: str, uri: str) -> None:
    assert image_uri(repository, tag, region) == uri


def test_a_region_without_the_image_is_refused_with_those_that_have_it() -> None:
    with pytest.raises(SettingsError) as error:
        image_uri("sagemaker-clarify-processing", "1.0", "eu-south-2")
    assert str(error.value).startswith(
        'region: "eu-south-2" is not allowed; the image sagemaker-clarify-processing:1.0 is in af-south-1, '
    )


@pytest.mark.parametrize(
    ("repository", "tag", "problem"),
    [
        ("kn", "1", 'unknown image repository "kn"; did you mean knn?'),
        ("knn", "latest", 'image knn: unknown tag "latest"; Known: 1'),
        ("sagemaker-xgboost", "1.7", 'unknown tag "1.7"; did you mean 1.7-1?'),
    ],
)
def test_an_unknown_image_is_refused(repository: str, tag: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(problem)):
        image_uri(repository, tag, "us-east-1")


def test_the_mapping_gives_the_same_uris_as_the_regions() -> None:
    # When
    mapping = region_mapping("knn", "1")
    # Then
    assert len(mapping) == 37
    for region, values in mapping.items():
        assert re.fullmatch(r"[a-z0-9-]+", region)
        assert all(key.isalnum() for key in values)
        assert (
            image_uri("knn", "1", region) == f"{values['Account']}.dkr.ecr.{region}.{values['Suffix']}/knn:1"
        )


def test_every_region_of_the_table_can_be_an_environments() -> None:
    regions = {region for repository in image_table().values() for region in repository.accounts}
    assert regions <= dns_suffixes().keys()


def test_an_environment_in_a_region_without_the_algorithm_is_refused(project: Project) -> None:
    # Given
    project.environment["region"] = "mx-central-1"
    # When
    with pytest.raises(SettingsError) as error:
        project.load_workloads()
    # Then
    assert [fault.file for fault in error.value.faults] == ["settings/dev.yaml", "settings/dev.yaml"]
    assert 'region: "mx-central-1" is not allowed; the image knn is in af-south-1' in str(error.value)


def test_an_environment_in_a_region_with_the_algorithm_is_accepted(project: Project) -> None:
    # Given
    project.environment["region"] = "eu-west-1"
    # When
    environment = project.load_environment()
    # Then
    assert len(load_workloads(environment, project.root)) == 1
    assert load_environment("dev", project.root).region == "eu-west-1"
