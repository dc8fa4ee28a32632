"""Where things are in the project's folder."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What the workloads' scripts import, shipped beside them.
LIBRARY = ROOT / "training_scripts" / "library"

# What `cdk synth` writes, as cdk.json says.
ASSEMBLY = ROOT / "cdk.out"

# All that a run on this machine leaves behind; `manage.py local clean` removes it.
LOCAL = ROOT / ".local"
LOGS = LOCAL / "logs"
REPORTS = LOCAL / "reports"
OUTPUTS = LOCAL / "outputs.json"
PERMISSIONS = LOCAL / "permissions.json"


def relative(path: Path) -> str:
    """`path` as the operator would type it from the project's folder."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
