"""A classic notebook instance: encrypted, without root, and in a private network without the Internet."""

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from settings.studio import NotebookInstance
from stacks.constructs.decisions import NOTEBOOK_ON_THE_INTERNET
from stacks.constructs.network_placement import NetworkPlacement
from stacks.constructs.studio_role import StudioRole

PLATFORM = "notebook-al2023-v1"


class ClassicNotebook(Construct):
    """Attribute: `resource`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        notebook: NotebookInstance,
        code_repository: str | None,
        network: NetworkPlacement,
        vpc_only: bool,
        role: StudioRole,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.resource = sagemaker.CfnNotebookInstance(
            self,
            "Resource",
            instance_type=notebook.instance_type,
            volume_size_in_gb=notebook.volume_gb,
            platform_identifier=PLATFORM,
            role_arn=role.role_arn,
            kms_key_id=key.key_id,
            root_access="Disabled",
            direct_internet_access="Disabled" if vpc_only else "Enabled",
            subnet_id=network.subnet_ids[0],
            security_group_ids=list(network.security_group_ids),
            instance_metadata_service_configuration=(
                sagemaker.CfnNotebookInstance.InstanceMetadataServiceConfigurationProperty(
                    minimum_instance_metadata_service_version="2"
                )
            ),
            default_code_repository=code_repository,
        )
        if not vpc_only:
            NOTEBOOK_ON_THE_INTERNET.accept(self.resource)
