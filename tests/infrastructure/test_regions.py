"""Images by region: a concrete region is resolved at synth, an agnostic one by CloudFormation."""

import re
from typing import Any

import pytest

from settings.images import image_table
from settings.loading import load_environment
from tests.infrastructure.assembly import Assembly, synthesize, texts
from tests.infrastructure.conftest import changed, one_workload
from tests.infrastructure.state_machines import state_machine


@pytest.fixture(scope="module")
def china(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    environment = changed(load_environment("dev"), region="cn-north-1")
    return synthesize(environment, one_workload(environment), tmp_path_factory.mktemp("china"))


def _mappings(assembly: Assembly) -> list[dict[str, Any]]:
    return [
        table for stack in assembly.stacks for table in assembly.template(stack).get("Mappings", {}).values()
    ]


def _images(assembly: Assembly) -> dict[str, str]:
    machine = state_machine(assembly, "training")
    substitutions = machine.resource.properties["DefinitionSubstitutions"]
    return {
        name: assembly.resolve("training", substitutions[name])
        for name in ("AlgorithmImage", "ProcessingImage")
    }


def test_an_agnostic_template_has_the_table_of_regions(dev: Assembly) -> None:
    # Given an environment without a region
    tables = _mappings(dev)
    # Then each image's table is a mapping to account and suffix, for every region that has the image
    assert len(tables) == 4  # the algorithm's for training, serving and batches, the processing image's
    known = [set(image_table()[name].accounts) for name in ("knn", "sagemaker-scikit-learn")]
    for table in tables:
        assert set(table) in known
        assert all(entry.keys() == {"Account", "Suffix"} for entry in table.values())
        assert all(re.fullmatch(r"\d{12}", entry["Account"]) for entry in table.values())
        assert table["us-east-1"]["Suffix"] == "amazonaws.com"
        assert table["cn-north-1"]["Suffix"] == "amazonaws.com.cn"


def test_an_agnostic_template_resolves_to_the_regions_own_images(dev: Assembly) -> None:
    # Given the template as CloudFormation resolves it in us-east-1
    account = image_table()["knn"].accounts["us-east-1"]
    assert _images(dev)["AlgorithmImage"] == f"{account}.dkr.ecr.us-east-1.amazonaws.com/knn:1"


def test_a_concrete_region_needs_no_table(concrete: Assembly) -> None:
    # Given an environment with a region
    assert _mappings(concrete) == []
    # Then its images are written out
    account = image_table()["knn"].accounts["eu-central-1"]
    assert _images(concrete)["AlgorithmImage"] == f"{account}.dkr.ecr.eu-central-1.amazonaws.com/knn:1"
    # And so are the repositories that the roles may pull from
    policies = [policy.properties for policy in concrete.resources("AWS::IAM::ManagedPolicy")]
    assert any(f":{account}:repository/knn" in text for text in texts(policies))


def test_china_has_its_own_partition_and_suffix(china: Assembly) -> None:
    # Given an environment in China
    account = image_table()["knn"].accounts["cn-north-1"]
    # Then images come from its registry
    assert _images(china)["AlgorithmImage"] == f"{account}.dkr.ecr.cn-north-1.amazonaws.com.cn/knn:1"
    # And nothing is named in the partition of the other regions
    for stack in china.stacks:
        template = china.resolve(stack, china.template(stack)["Resources"])
        assert not [text for text in texts(template) if text.startswith("arn:aws:")]
        assert not [text for text in texts(template) if re.search(r"amazonaws\.com(?!\.cn)/", text)]


def test_a_service_principal_is_named_as_the_partition_names_it(china: Assembly) -> None:
    # Given CloudWatch Logs' principal in the key's policy
    [key] = china.resources("AWS::KMS::Key")
    statements = china.resolve(key.stack, key.properties["KeyPolicy"]["Statement"])
    services = [s["Principal"]["Service"] for s in statements if "Service" in s["Principal"]]
    # Then it is the partition's, while those of CloudTrail and of alarms are the same everywhere
    same_everywhere = {"cloudtrail.amazonaws.com", "cloudwatch.amazonaws.com"}
    assert set(services) == {"logs.cn-north-1.amazonaws.com.cn", *same_everywhere}
