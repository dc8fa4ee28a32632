"""Synthesizing as an operator does: app.py and the CDK's command line, in processes of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from settings.loading import PROJECT_ROOT

CDK = PROJECT_ROOT / "node_modules" / ".bin" / "cdk"
# All that app.py reads.
SOURCES = ("app.py", "cdk.json", "lambda_src", "settings", "stacks", "training_scripts", "website")
# A port that nothing listens on: whoever asks the network for anything is refused at once.
NO_PROXY = "http://127.0.0.1:9"


def process_environment(**more: str) -> dict[str, str]:
    """An environment without credentials, region or a way out; the home is kept for jsii's cache."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "PATH", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "HTTPS_PROXY": NO_PROXY,
        "HTTP_PROXY": NO_PROXY,
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


def cdk_synth(
    environment: str, folder: Path, project: Path = PROJECT_ROOT
) -> subprocess.CompletedProcess[str]:
    """Run `cdk synth`, with cdk-nag and the CDK's own validation."""
    command = [str(CDK), "synth", "--quiet", "--context", f"env={environment}", "--output", str(folder)]
    command += ["--app", f"{sys.executable} app.py"]
    return subprocess.run(
        command,
        cwd=project,
        env=process_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def copied_project(folder: Path) -> Path:
    """Copy the sources to another place, as another checkout has them."""
    folder.mkdir(exist_ok=True)
    for name in SOURCES:
        source = PROJECT_ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def run_app(project: Path, folder: Path, context: str, *, offline: bool) -> subprocess.CompletedProcess[str]:
    """Run a project's app.py; `offline` leaves it no network at all where the system allows that."""
    command = [sys.executable, "app.py"]
    if offline and _may_unshare():
        command = ["unshare", "--map-root-user", "--net", *command]
    variables = {"CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": context, "CDK_VALIDATION": "false"}
    return subprocess.run(
        command,
        cwd=project,
        env=process_environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )


def _may_unshare() -> bool:
    if not shutil.which("unshare"):
        return False
    trial = subprocess.run(["unshare", "--map-root-user", "--net", "true"], capture_output=True, check=False)
    return trial.returncode == 0
