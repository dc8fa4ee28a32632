"""The platform's own life: through a crash of the local AWS, and to its end by `cdk destroy`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.inventory import Inventory, added, inventory
from tests.local.platform.deployed import PASCAL, STACKS, DeployedPlatform
from tests.local.platform.raw_data import sample
from tests.local.platform.studio_people import USER, open_app
from tests.local.running import LocalAws


@dataclass
class SparePlatform(DeployedPlatform):
    """A platform that no other module shares: its local AWS is ended, its stacks are destroyed."""

    beginning: Inventory = field(default_factory=dict)
    """What was in the account before the stacks: what `cdk bootstrap` made, and AWS's own."""

    def inventory(self) -> Inventory:
        """All that is in the account, of every service that the templates touch."""
        templates = [json.loads(path.read_text()) for path in self.assembly.glob("*.template.json")]
        types = {one["Type"] for template in templates for one in template["Resources"].values()}
        return inventory(self.client, types)

    def stands(self) -> bool:
        """Whether the stacks are deployed and serve."""
        stacks = self.client("cloudformation").describe_stacks()["Stacks"]
        return {stack["StackName"] for stack in stacks}.issuperset(STACKS) and self.hosted().is_tidy()

    def serve(self) -> None:
        """Do what `make local` does: all of it again, where nothing is left of it."""
        self.bootstrap()
        self.beginning = self.inventory()
        self.deploy()
        trained = self.train(self.upload(sample(rows=500)))
        assert trained.status == "SUCCEEDED", trained
        deployed = self.deployment_of(trained.output["model_package_arn"])
        assert deployed.output["outcome"] == "Deployed"
        assert self.hosted().is_tidy()
        assert self.ask().status == 200


@pytest.fixture(scope="module")
def spare(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparePlatform]:
    aws = LocalAws(tmp_path_factory.mktemp("spare"))
    aws.start()
    yield SparePlatform(aws, assembly)
    aws.kill()


@pytest.fixture
def serving(spare: SparePlatform) -> SparePlatform:
    """The same, deployed, with a model that serves."""
    if not spare.stands():
        spare.serve()
    return spare


def test_after_a_crash_in_the_middle_of_a_run_all_can_be_deployed_again(spare: SparePlatform) -> None:
    spare.bootstrap()
    spare.deploy(("ml-dev-training",))
    source = spare.upload(sample(rows=2000, seed=2))
    spare.start_training({"sources": {"answers.csv": {"uri": source}}})
    spare.until(lambda: bool(spare.running_jobs()), "the run has no job")

    spare.aws.kill()
    spare.aws.start()

    spare.serve()


def test_after_an_orderly_stop_the_platform_goes_on(serving: SparePlatform) -> None:
    before = serving.hosted()

    assert serving.aws.stop() == 0
    serving.aws.start()

    serving.until(lambda: serving.hosted() == before, "the endpoint is not in service again")
    assert serving.ask().status == 200
    again = serving.train(serving.upload(sample(rows=500, seed=3)))
    assert again.status == "SUCCEEDED", again
    assert serving.deployment_of(again.output["model_package_arn"]).output["outcome"] == "Deployed"
    assert serving.hosted().is_tidy()


def test_a_deployment_that_an_orderly_stop_cut_short_holds_up_no_later_one(
    serving: SparePlatform,
) -> None:
    package = serving.hosted().package
    cut_short = serving.start_deployment(package)

    assert serving.aws.stop() == 0
    serving.aws.start()

    assert serving.deploy_package(package).output["outcome"] == "Deployed"
    assert serving.ended(cut_short).status in {"ABORTED", "FAILED"}


def test_destroying_the_stacks_leaves_nothing(serving: SparePlatform) -> None:
    # Given every stack, a run that failed, and in Studio an app that runs, a space and a profile by hand
    serving.deploy(("--all",))
    sagemaker, domain = serving.client("sagemaker"), serving.outputs["DomainId"]
    serving.train(serving.upload(b""))
    open_app(serving)
    sagemaker.create_space(
        DomainId=domain,
        SpaceName="own",
        OwnershipSettings={"OwnerUserProfileName": USER},
        SpaceSharingSettings={"SharingType": "Private"},
        SpaceSettings={"AppType": "JupyterLab"},
    )
    sagemaker.create_user_profile(DomainId=domain, UserProfileName="guest")
    machine = serving.outputs[f"{PASCAL}StateMachineArn"]
    assert serving.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    made = added(serving.beginning, serving.inventory())
    assert made.keys() >= {
        "AWS::Logs::LogGroup",
        "AWS::SageMaker::Domain",
        "apps",
        "endpoints",
        "file systems",
        "models",
        "network interfaces",
        "stacks",
    }
    # When
    serving.destroy()
    # Then
    assert added(serving.beginning, serving.inventory()) == {}
