"""Synthesizing without the CDK's command line, and finding a function's code in what comes out."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WHOLE_APP = ROOT / "app.py"
ONE_RESOURCE_APP = Path(__file__).with_name("one_resource_app.py")


def synthesize(app: Path, folder: Path) -> None:
    """Run an app with the context that cdk.json gives it; its templates and assets go to `folder`.

    Raises:
        CalledProcessError: the app refused.
    """
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    subprocess.run(
        [sys.executable, str(app)],
        cwd=ROOT,
        env={
            **os.environ,
            "CDK_CONTEXT_JSON": json.dumps(context),
            "CDK_OUTDIR": str(folder),
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
            "PYTHONPATH": str(ROOT),
        },
        check=True,
        stdout=subprocess.DEVNULL,
    )


def function_asset(assembly: Path, handler: str) -> Path:
    """The folder with the code of the function whose handler this is.

    Raises:
        LookupError: no template has such a function.
    """
    for template in assembly.glob("*.template.json"):
        for resource in json.loads(template.read_text())["Resources"].values():
            properties: dict[str, Any] = resource.get("Properties", {})
            if resource["Type"] == "AWS::Lambda::Function" and properties.get("Handler") == handler:
                return assembly / f"asset.{Path(properties['Code']['S3Key']).stem}"
    raise LookupError(f"no template in {assembly} has a function with the handler {handler}")
