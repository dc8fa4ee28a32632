"""cfn-lint finds nothing in any template."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.infrastructure.assembly import Assembly
from tests.infrastructure.state_machines import state_machines

CFN_LINT = Path(sys.executable).with_name("cfn-lint")
# The CDK lets everything wait for a role's policy, and names the role along with it.
REDUNDANT_DEPENDS_ON = "W3005"


def _written(assembly: Assembly, folder: Path) -> Iterator[Path]:
    """The templates, with the substitutions made in definitions, which the linter doesn't make."""
    folder.mkdir()
    templates = {stack: json.loads(json.dumps(assembly.template(stack))) for stack in assembly.stacks}
    for machine in state_machines(assembly):
        properties = templates[machine.stack]["Resources"][machine.resource.logical_id]["Properties"]
        properties["Definition"] = machine.definition
        del properties["DefinitionSubstitutions"]
    for stack, template in templates.items():
        file = folder / f"{stack}.template.json"
        file.write_text(json.dumps(template), encoding="utf-8")
        yield file


@pytest.fixture(scope="module")
def files(
    dev: Assembly, prod: Assembly, concrete: Assembly, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    folder = tmp_path_factory.mktemp("linted")
    assemblies = {"dev": dev, "prod": prod, "concrete": concrete}
    return [str(file) for name, one in assemblies.items() for file in _written(one, folder / name)]


def _lint(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(CFN_LINT), "--format", "parseable", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_templates_have_no_findings(files: list[str]) -> None:
    # Given the templates of all platforms
    # When cfn-lint reads them, half of them in each of two processes
    arguments = [("--ignore-checks", REDUNDANT_DEPENDS_ON, "--", *half) for half in (files[::2], files[1::2])]
    with ThreadPoolExecutor() as pool:
        for linted in pool.map(lambda each: _lint(*each), arguments):
            # Then it has nothing to say
            assert linted.stdout + linted.stderr == ""
            assert linted.returncode == 0
