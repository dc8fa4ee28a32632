"""The stacks on the local AWS: synthesized and deployed by the CDK command line, as for AWS."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from botocore.exceptions import ClientError

from cli.errors import OperatorError
from cli.local import fingerprint
from cli.local.commands import run
from cli.project import LOCAL, ROOT
from cli.target import LOCAL_CREDENTIALS, LOCAL_REGION, Target

_CDK: Final = ROOT / "node_modules" / ".bin" / "cdk"
_ASSEMBLY: Final = LOCAL / "cdk.out"
_LOCAL_ACCOUNT: Final = "000000000000"
# All that the templates and their assets are made of.
_INPUTS: Final = (
    "app.py",
    "cdk.json",
    "requirements.txt",
    "package-lock.json",
    "settings",
    "stacks",
    "lambda_src",
    "training_scripts",
    "website",
)
_CONCURRENCY: Final = "4"


def cdk_environment(target: Target, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment for the CDK command line: the local AWS, nothing of the operator's own settings."""
    own = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    return own | {
        "AWS_ENDPOINT_URL": str(target.endpoint_url),
        "AWS_ACCESS_KEY_ID": LOCAL_CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": LOCAL_CREDENTIALS["aws_secret_access_key"],
        "AWS_REGION": LOCAL_REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "CI": "true",
        "NO_COLOR": "1",
    }


def synthesize(environment_name: str, target: Target) -> bool:
    """Write the templates and assets to `.local/cdk.out`; return whether anything had changed."""
    stamp = _ASSEMBLY / "inputs.sha256"
    wanted = fingerprint.of([ROOT / name for name in _INPUTS], environment_name)
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    if not _CDK.exists():
        raise OperatorError("The CDK command line isn't installed: run `make setup`.")
    shutil.rmtree(_ASSEMBLY, ignore_errors=True)
    command: list[str | Path] = [
        _CDK,
        "synth",
        "--quiet",
        # The same templates in half the time: what goes to AWS is held against the rules by `make synth`.
        "--no-validation",
        "-c",
        f"env={environment_name}",
        "--output",
        _ASSEMBLY,
    ]
    run("Synthesizing the stacks", command, "synth.log", cdk_environment(target))
    stamp.write_text(wanted)
    return True


def bootstrap(target: Target, needs: Callable[[], bool]) -> bool:
    """Make what the CDK needs in an account, unless it is there; return whether it was made."""
    try:
        target.client("cloudformation").describe_stacks(StackName="CDKToolkit")
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
    else:
        return False
    where = f"aws://{_LOCAL_ACCOUNT}/{LOCAL_REGION}"
    # Without an app, or the stacks would be synthesized for it.
    command: list[str | Path] = [_CDK, "bootstrap", "--app", "", where]
    run("Bootstrapping the local AWS", command, "bootstrap.log", cdk_environment(target), needs)
    return True


def deploy(target: Target, needs: Callable[[], bool]) -> None:
    """Deploy every stack of `.local/cdk.out`; those that are unchanged take no time."""
    command: list[str | Path] = [_CDK, "deploy", "--app", _ASSEMBLY, "--all", "--concurrency", _CONCURRENCY]
    command += ["--require-approval", "never", "--progress", "events"]
    run("Deploying the stacks", command, "deploy.log", cdk_environment(target), needs)
