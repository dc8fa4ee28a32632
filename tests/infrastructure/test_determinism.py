"""The same sources give the same templates, wherever and without whatever they are synthesized."""

import json
from pathlib import Path

import pytest

from settings.loading import PROJECT_ROOT
from tests.infrastructure.assembly import Assembly, texts
from tests.infrastructure.synthesis import copied_project, run_app


def _templates(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("*.template.json")}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What app.py writes in another checkout, without network or credentials."""
    project = copied_project(tmp_path_factory.mktemp("another-checkout"))
    context = json.loads((project / "cdk.json").read_text(encoding="utf-8"))["context"]
    folder = tmp_path_factory.mktemp("elsewhere")
    done = run_app(project, folder, json.dumps({**context, "env": "dev"}), offline=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_another_checkout_offline_gives_byte_identical_templates(
    elsewhere: Path, cdk_output: dict[str, Path], whole_dev: Assembly
) -> None:
    # Given a synth by the CDK's command line, and one elsewhere with nothing but the sources
    # Then their templates are the same to the byte
    assert _templates(elsewhere) == _templates(cdk_output["dev"])
    assert len(_templates(elsewhere)) == len(whole_dev.stacks)


def test_the_templates_under_test_are_the_ones_that_are_deployed(
    whole: Assembly, cdk_output: dict[str, Path]
) -> None:
    # Given the platform as these tests synthesize it, then it is what the CDK's command line synthesizes
    assert _templates(whole.folder) == _templates(cdk_output[whole.environment.name])


def test_no_template_holds_a_path_of_the_machine(assembly: Assembly) -> None:
    # Given places that only this machine has
    places = (str(PROJECT_ROOT), str(assembly.folder), str(Path.home()), "/tmp/")  # noqa: S108
    for stack in assembly.stacks:
        # Then no text in a template names one
        found = [text for text in texts(assembly.template(stack)) for place in places if place in text]
        assert found == []


def test_an_agnostic_template_names_neither_account_nor_region(dev: Assembly) -> None:
    for stack in dev.stacks:
        template = {key: value for key, value in dev.template(stack).items() if key != "Mappings"}
        found = [text for text in texts(template) if "us-east-1" in text or ":123456789012:" in text]
        assert found == []
