"""The modules that functions carry work without the rest of the settings and without pydantic."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from settings.loading import PROJECT_ROOT

_WITHOUT_PYDANTIC = (
    "import sys; sys.modules['pydantic'] = sys.modules['yaml'] = None; sys.path.insert(0, sys.argv[1]); "
)


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("hyperparameters", "problems('knn', {'k': '0'})[0].startswith('feature_dim: missing')"),
        ("instance_types", "not problems('training', 'ml.m5.large') and problems('hosting', 'ml.m5')"),
    ],
)
def test_a_carried_module_needs_no_other(tmp_path: Path, module: str, call: str) -> None:
    # Given a package with this module and the algorithms' alone
    shutil.copytree(PROJECT_ROOT / "settings" / "algorithms", tmp_path / "settings" / "algorithms")
    for name in ("__init__", module):
        shutil.copy(PROJECT_ROOT / "settings" / f"{name}.py", tmp_path / "settings")
    # When
    code = f"{_WITHOUT_PYDANTIC}from settings.{module} import problems; assert {call}"
    result = subprocess.run(
        [sys.executable, "-I", "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    # Then
    assert result.returncode == 0, result.stderr
