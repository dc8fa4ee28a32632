"""Every private name of ministack that is used is declared as a hook: its absence is noticed at start."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local.running import ROOT

MODULES = sorted(path for path in (ROOT / "local_aws").rglob("*.py") if "from ministack" in path.read_text())


def ministack_names(tree: ast.Module) -> dict[str, str]:
    """Local name -> dotted name, of every module imported from ministack."""
    return {
        (alias.asname or alias.name): f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ministack")
        for alias in node.names
    }


def private_uses(tree: ast.Module) -> Iterator[str]:
    imported = ministack_names(tree)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in imported
            and node.attr.startswith("_")
        ):
            yield f"{imported[node.value.id]}:{node.attr}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_private_names_are_declared(path: Path) -> None:
    # Given the hooks of all modules, since one module may declare another's
    declared = "\n".join(module.read_text() for module in MODULES)
    # When
    used = set(private_uses(ast.parse(path.read_text())))
    # Then
    assert {name for name in used if f'"{name}' not in declared} == set()
