"""A workload's inference.py: what turns a person's words into requests and back, and says which it takes."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

NAME = "inference.py"


def has_inference(folder: Path) -> bool:
    """Whether the workload in this folder has a language of its own."""
    return (folder / NAME).is_file()


def load_inference(folder: Path) -> ModuleType:
    """Return the script of the workload in this folder; what workloads share (`library`) lies beside it."""
    scripts = str(folder.parent)
    if scripts not in sys.path:
        sys.path.append(scripts)
    path = folder / NAME
    specification = importlib.util.spec_from_file_location(f"{folder.name}_inference", path)
    if specification is None or specification.loader is None:
        raise ImportError(f"{path} can't be loaded as a Python module")
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    return script
