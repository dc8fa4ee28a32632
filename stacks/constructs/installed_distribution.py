"""Files of distributions that are installed where the synth runs, for assets that carry them along."""

import shutil
from importlib.metadata import distribution
from pathlib import Path

PYTHON = frozenset({".py", ".json"})
_TESTS = frozenset({"test", "tests"})


def copy_pure_python(name: str, folder: Path, suffixes: frozenset[str] = PYTHON) -> None:
    """Copy a distribution's Python sources and data, without its own tests; a compiled part would be for the
    wrong machine."""
    for file in distribution(name).files or ():
        if file.suffix not in suffixes or ".dist-info" in file.parts[0] or ".." in file.parts:
            continue
        if not _TESTS.isdisjoint(file.parts):
            continue
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(file.locate()), target)
