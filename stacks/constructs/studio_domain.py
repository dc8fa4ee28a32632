"""A SageMaker domain: its defaults, a profile and a private space for each user."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Fn
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from settings.studio import SPACE_SUFFIX, Persona, Studio, StudioUser
from stacks.constructs.network_placement import NetworkPlacement
from stacks.constructs.studio_role import StudioRole

START_SCRIPT = Path(__file__).resolve().parent.parent / "studio_scripts" / "jupyterlab_start.sh"
HIDDEN_APPS = [
    "Canvas",
    "DetailedProfiler",
    "JupyterServer",
    "RStudioServerPro",
    "TensorBoard",
]
"""What the portal doesn't offer: apps that no idle shutdown ends, or that cost by the hour."""

_Domain = sagemaker.CfnDomain


@dataclass(frozen=True, kw_only=True)
class StudioUserResources:
    """What a user has in the domain."""

    profile: sagemaker.CfnUserProfile
    space: sagemaker.CfnSpace


class StudioDomain(Construct):
    """Attributes: `resource`, `users` by name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        studio: Studio,
        name: str,
        network: NetworkPlacement,
        vpc_only: bool,
        execution_role: StudioRole,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._studio = studio
        self._network = network
        self._start_script = self._build_start_script(name)
        self.resource = _Domain(
            self,
            "Resource",
            domain_name=name,
            auth_mode=studio.auth_mode,
            vpc_id=network.vpc_id,
            subnet_ids=list(network.subnet_ids),
            app_network_access_type="VpcOnly" if vpc_only else "PublicInternetOnly",
            kms_key_id=key.key_arn,
            tag_propagation="ENABLED",
            domain_settings=_Domain.DomainSettingsProperty(
                execution_role_identity_config="USER_PROFILE_NAME"
            ),
            # Without defaults for spaces, there are no shared ones.
            default_user_settings=self._build_user_settings(execution_role),
        )
        self.users: dict[str, StudioUserResources] = {}

    def _build_start_script(self, name: str) -> sagemaker.CfnStudioLifecycleConfig:
        """A lifecycle configuration can't be changed, so another script has another name."""
        script = START_SCRIPT.read_text(encoding="utf-8")
        digest = hashlib.sha256(script.encode()).hexdigest()[:8]
        return sagemaker.CfnStudioLifecycleConfig(
            self,
            "StartScript",
            studio_lifecycle_config_app_type="JupyterLab",
            studio_lifecycle_config_name=f"{name}-jupyterlab-{digest}",
            studio_lifecycle_config_content=Fn.base64(script),
        )

    def _build_user_settings(self, execution_role: StudioRole) -> sagemaker.CfnDomain.UserSettingsProperty:
        studio, script = self._studio, self._start_script.attr_studio_lifecycle_config_arn
        idle = _Domain.AppLifecycleManagementProperty(
            idle_settings=_Domain.IdleSettingsProperty(
                lifecycle_management="ENABLED",
                idle_timeout_in_minutes=studio.idle_minutes,
                min_idle_timeout_in_minutes=60,
                max_idle_timeout_in_minutes=studio.idle_minutes,
            )
        )
        return _Domain.UserSettingsProperty(
            execution_role=execution_role.role_arn,
            security_groups=list(self._network.security_group_ids),
            studio_web_portal="ENABLED",
            default_landing_uri="studio::",
            studio_web_portal_settings=_Domain.StudioWebPortalSettingsProperty(hidden_app_types=HIDDEN_APPS),
            sharing_settings=_Domain.SharingSettingsProperty(notebook_output_option="Disabled"),
            space_storage_settings=_Domain.DefaultSpaceStorageSettingsProperty(
                default_ebs_storage_settings=_Domain.DefaultEbsStorageSettingsProperty(
                    default_ebs_volume_size_in_gb=studio.volume_gb,
                    maximum_ebs_volume_size_in_gb=studio.most_volume_gb,
                )
            ),
            code_editor_app_settings=_Domain.CodeEditorAppSettingsProperty(app_lifecycle_management=idle),
            jupyter_lab_app_settings=_Domain.JupyterLabAppSettingsProperty(
                app_lifecycle_management=idle,
                code_repositories=(
                    [_Domain.CodeRepositoryProperty(repository_url=studio.code_repository)]
                    if studio.code_repository
                    else None
                ),
                default_resource_spec=_Domain.ResourceSpecProperty(
                    instance_type=studio.instance_type, lifecycle_config_arn=script
                ),
                lifecycle_config_arns=[script],
            ),
        )

    def add_users(self, roles: Mapping[Persona, StudioRole]) -> None:
        """Make the profiles, each acting as its persona's role, and their spaces."""
        for name, user in self._studio.users.items():
            profile = self._build_profile(name, user, roles[user.persona])
            self.users[name] = StudioUserResources(profile=profile, space=self._build_space(name, profile))

    def _build_profile(self, name: str, user: StudioUser, role: StudioRole) -> sagemaker.CfnUserProfile:
        return sagemaker.CfnUserProfile(
            self,
            f"{name}Profile",
            domain_id=self.resource.attr_domain_id,
            user_profile_name=name,
            single_sign_on_user_identifier="UserName" if user.sso_user_name else None,
            single_sign_on_user_value=user.sso_user_name,
            user_settings=sagemaker.CfnUserProfile.UserSettingsProperty(execution_role=role.role_arn),
        )

    def _build_space(self, name: str, profile: sagemaker.CfnUserProfile) -> sagemaker.CfnSpace:
        kind = sagemaker.CfnSpace
        space = kind(
            self,
            f"{name}Space",
            domain_id=self.resource.attr_domain_id,
            space_name=f"{name}-{SPACE_SUFFIX}",
            ownership_settings=kind.OwnershipSettingsProperty(owner_user_profile_name=name),
            space_sharing_settings=kind.SpaceSharingSettingsProperty(sharing_type="Private"),
            space_settings=kind.SpaceSettingsProperty(
                app_type="JupyterLab",
                jupyter_lab_app_settings=kind.SpaceJupyterLabAppSettingsProperty(
                    default_resource_spec=kind.ResourceSpecProperty(
                        instance_type=self._studio.instance_type,
                        lifecycle_config_arn=self._start_script.attr_studio_lifecycle_config_arn,
                    )
                ),
                space_storage_settings=kind.SpaceStorageSettingsProperty(
                    ebs_storage_settings=kind.EbsStorageSettingsProperty(
                        ebs_volume_size_in_gb=self._studio.volume_gb
                    )
                ),
            ),
        )
        space.node.add_dependency(profile)
        return space
