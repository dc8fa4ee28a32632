"""The jobs' code in the artifacts bucket, under prefixes that change with the content."""

import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from aws_cdk import FileSystem, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_s3_deployment as s3_deployment
from constructs import Construct

from settings.environment import Environment
from stacks.constructs.cdk_functions import settle_copier
from stacks.constructs.data_stores import DataStores
from stacks.constructs.installed_distribution import PYTHON, copy_pure_python
from stacks.constructs.own_log_group import OwnLogGroup
from stacks.constructs.own_role import OwnRole

NOT_DEPLOYED = ("__pycache__", "*.pyc", "README.md", "*.yaml", "sample.py")
LIBRARY = "library"
PLOTTING = "_plotting"  # the name of no workload
PLOTTING_DISTRIBUTIONS = ("pygal", "importlib_metadata", "zipp")
CODE_PREFIX = "code/"
PLOTTING_PREFIX = f"{CODE_PREFIX}{PLOTTING}/"


class CodeDeployer(Construct):
    """The role and log group of the function with which CDK's BucketDeployment copies objects.

    CDK would let that function read and write whole buckets; this role lets it add objects below `code/`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        stores: DataStores,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = bucket = stores.artifacts_bucket
        self.log_group = OwnLogGroup(self, "Logs", environment=environment, key=stores.key)
        self._key = stores.key
        self._role = OwnRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Copies the workloads' scripts into the artifacts bucket",
        )
        self.log_group.grant_write(self._role)
        stores.key.grant(self._role, "kms:Decrypt", "kms:GenerateDataKey")
        self._allow(["s3:ListBucket"], bucket.bucket_arn)
        self._allow(["s3:PutObject"], bucket.arn_for_objects(f"{CODE_PREFIX}*"))
        self.role = self._role.without_policy_updates()

    def allow_reading(self, asset: s3_assets.Asset) -> None:
        """Allow reading the one archive that is to be copied."""
        self._allow(["s3:GetObject"], asset.bucket.arn_for_objects(asset.s3_object_key))

    def serve(self, deployment: s3_deployment.BucketDeployment) -> None:
        """Let a deployment begin only once the role has its rights."""
        deployment.node.add_dependency(self._role)

    def settle_copier(self) -> None:
        """Bring CDK's function, which the first deployment makes, to what every function here has."""
        settle_copier(Stack.of(self), self._role, self._key)

    def _allow(self, actions: list[str], resource: str) -> None:
        self._role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[resource]))


class DeployedCode(Construct):
    """What `assemble` puts into a folder, deployed to `prefix`: `code/<name>/<content hash>/`.

    A new version gets a new prefix, so a running execution never sees its code change.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        assemble: Callable[[Path], None],
        deployer: CodeDeployer,
    ) -> None:
        super().__init__(scope, construct_id)
        with tempfile.TemporaryDirectory() as assembled:
            assemble(Path(assembled))
            fingerprint = FileSystem.fingerprint(assembled)
            archive = s3_assets.Asset(self, "Archive", path=assembled)
        self.prefix = f"{CODE_PREFIX}{name}/{fingerprint[:16]}/"
        deployer.allow_reading(archive)
        self.deployment = s3_deployment.BucketDeployment(
            self,
            "Deployment",
            sources=[s3_deployment.Source.bucket(archive.bucket, archive.s3_object_key)],
            destination_bucket=deployer.bucket,
            destination_key_prefix=self.prefix,
            prune=False,
            retain_on_delete=True,
            role=deployer.role,
            log_group=deployer.log_group,
        )
        deployer.serve(self.deployment)


class WorkloadCode(DeployedCode):
    """A workload's scripts, with the library beside them."""

    def __init__(self, scope: Construct, construct_id: str, *, folder: Path, deployer: CodeDeployer) -> None:
        super().__init__(
            scope, construct_id, name=folder.name, assemble=partial(_copy_scripts, folder), deployer=deployer
        )


class PlottingLibrary(DeployedCode):
    """What evaluations draw with; the image that they run in has no plotting library."""

    def __init__(self, scope: Construct, construct_id: str, *, deployer: CodeDeployer) -> None:
        super().__init__(scope, construct_id, name=PLOTTING, assemble=_copy_plotting, deployer=deployer)


def _copy_scripts(folder: Path, assembled: Path) -> None:
    ignore = shutil.ignore_patterns(*NOT_DEPLOYED)
    shutil.copytree(folder, assembled, ignore=ignore, dirs_exist_ok=True)
    library = folder.parent / LIBRARY
    if library.is_dir():
        shutil.copytree(library, assembled / LIBRARY, ignore=ignore)


def _copy_plotting(assembled: Path) -> None:
    for name in PLOTTING_DISTRIBUTIONS:
        copy_pure_python(name, assembled, PYTHON | {".css"})
