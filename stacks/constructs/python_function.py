"""A Python Lambda function: its code assembled without Docker or network, its own role and log group."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from settings.environment import Environment
from stacks.constructs.decisions import accept_function
from stacks.constructs.installed_distribution import copy_pure_python
from stacks.constructs.own_log_group import OwnLogGroup
from stacks.constructs.own_role import OwnRole

RUNTIME = lambda_.Runtime.PYTHON_3_14
ARCHITECTURE = lambda_.Architecture.ARM_64
PROJECT_ROOT = Path(__file__).resolve().parents[2]
LAMBDA_SOURCE = PROJECT_ROOT / "lambda_src"
# What functions behind the API bring; boto3 and what it needs, jmespath among it, come with the runtime.
DISTRIBUTIONS = ("aws-lambda-powertools", "typing_extensions")


@dataclass(frozen=True, kw_only=True)
class FunctionCode:
    """The code of one folder in lambda_src.

    The asset holds the folder as a package, the folders of lambda_src that it has in common with others
    (`shared`), `files` (asset path -> source file) and the pure-Python parts of `distributions`, copied from
    the environment that runs the synth, where they are pinned.
    """

    package: str
    handler: str = "handler.handler"
    shared: Sequence[str] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    distributions: Sequence[str] = ()


class PythonFunction(Construct):
    """A function with a role that may write its own logs and traces only."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: FunctionCode,
        description: str,
        environment: Environment,
        key: kms.IKey,
        timeout: Duration,
        memory_mb: int = 256,
        ephemeral_storage_mb: int = 512,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = OwnLogGroup(self, "Logs", environment=environment, key=key)
        self.role = OwnRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"Execution role: {description}",
        )
        self.log_group.grant_write(self.role)
        with tempfile.TemporaryDirectory() as folder:
            _assemble(Path(folder), code)
            self.function = lambda_.Function(
                self,
                "Function",
                description=description,
                runtime=RUNTIME,
                architecture=ARCHITECTURE,
                handler=f"{code.package}.{code.handler}",
                code=lambda_.Code.from_asset(folder),
                role=self.role,
                timeout=timeout,
                memory_size=memory_mb,
                ephemeral_storage_size=Size.mebibytes(ephemeral_storage_mb),
                environment=dict(variables or {}),
                environment_encryption=key,
                log_group=self.log_group,
                logging_format=lambda_.LoggingFormat.JSON,
                tracing=lambda_.Tracing.ACTIVE,
            )
        accept_function(self.function)

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow calls of the function itself, without the versions and aliases that it doesn't have."""
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["lambda:InvokeFunction"], resource_arns=[self.function.function_arn]
        )


def _assemble(folder: Path, code: FunctionCode) -> None:
    """Lay out the asset: the same sources give the same bytes, so the same asset hash."""
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    for package in (code.package, *code.shared):
        shutil.copytree(LAMBDA_SOURCE / package, folder / package, ignore=ignore)
    for name, source in code.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    for name in code.distributions:
        copy_pure_python(name, folder)
