"""Studio: its domain, what each persona may do, and how it ends."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stacks.constructs.studio_domain import START_SCRIPT
from tests.infrastructure.assembly import ACCOUNT, Assembly, Resource
from tests.infrastructure.policies import Grant, grants, role_named, studio_roles
from tests.infrastructure.state_machines import batch_machine, state_machine

OWN = "user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}"


def _only(assembly: Assembly, kind: str) -> dict[str, Any]:
    [resource] = assembly.resources(kind)
    properties: dict[str, Any] = assembly.resolve(resource.stack, resource.properties)
    return properties


def _depends_on(resource: Resource) -> set[str]:
    """What CloudFormation makes before a resource, and so deletes after it."""
    references = {
        argument if function == "Ref" else argument[0]
        for function, argument in _references(resource.properties)
    }
    return references | set(resource.body.get("DependsOn", ()))


def _references(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, list):
        return [found for item in value for found in _references(item)]
    if not isinstance(value, dict):
        return []
    own = [(name, value[name]) for name in ("Ref", "Fn::GetAtt") if name in value]
    return own or [found for item in value.values() for found in _references(item)]


def _persona(assembly: Assembly, persona: str) -> list[Grant]:
    return grants(assembly, role_named(assembly, "studio", f"{persona}Role"))


def test_the_domain_is_encrypted_tags_what_is_made_in_it_and_names_its_users(assembly: Assembly) -> None:
    domain = _only(assembly, "AWS::SageMaker::Domain")
    assert ":key/" in domain["KmsKeyId"]
    assert domain["TagPropagation"] == "ENABLED"
    # So that CloudTrail tells who it was, though a role has many users
    assert domain["DomainSettings"]["ExecutionRoleIdentityConfig"] == "USER_PROFILE_NAME"
    # And nobody shares a space
    assert "DefaultSpaceSettings" not in domain


def test_the_domain_is_where_the_environments_network_is(
    dev: Assembly, prod: Assembly, concrete: Assembly
) -> None:
    domains = [_only(assembly, "AWS::SageMaker::Domain") for assembly in (dev, prod, concrete)]
    assert [domain["AppNetworkAccessType"] for domain in domains] == [
        "PublicInternetOnly",
        "VpcOnly",
        "VpcOnly",
    ]
    assert [len(domain["SubnetIds"]) for domain in domains] == [2, 2, 2]
    assert domains[2]["VpcId"] == "vpc-0123456789abcdef0"
    # A domain in a VPC only needs a security group: no linter says so
    assert all(domain["DefaultUserSettings"]["SecurityGroups"] for domain in domains)


def test_apps_that_nobody_uses_are_shut_down(dev: Assembly, concrete: Assembly) -> None:
    for assembly, minutes in ((dev, 60), (concrete, 120)):
        settings = _only(assembly, "AWS::SageMaker::Domain")["DefaultUserSettings"]
        for kind in ("JupyterLabAppSettings", "CodeEditorAppSettings"):
            idle = settings[kind]["AppLifecycleManagement"]["IdleSettings"]
            assert idle["LifecycleManagement"] == "ENABLED"
            # And nobody can let them run longer
            assert (idle["IdleTimeoutInMinutes"], idle["MaxIdleTimeoutInMinutes"]) == (minutes, minutes)
        # And the other kinds, which can't be shut down so, aren't offered
        hidden = settings["StudioWebPortalSettings"]["HiddenAppTypes"]
        assert {"Canvas", "JupyterServer", "RStudioServerPro"} <= set(hidden)


def test_jupyterlab_begins_with_the_script_the_machine_and_the_repository(
    dev: Assembly, concrete: Assembly
) -> None:
    lab = _only(concrete, "AWS::SageMaker::Domain")["DefaultUserSettings"]["JupyterLabAppSettings"]
    assert lab["CodeRepositories"] == [{"RepositoryUrl": "https://github.com/example/notebooks"}]
    assert lab["DefaultResourceSpec"]["InstanceType"] == "ml.t3.medium"
    assert lab["LifecycleConfigArns"] == [lab["DefaultResourceSpec"]["LifecycleConfigArn"]]
    assert (
        "CodeRepositories"
        not in _only(dev, "AWS::SageMaker::Domain")["DefaultUserSettings"]["JupyterLabAppSettings"]
    )


def test_each_user_acts_as_the_persona_and_has_a_private_space(dev: Assembly) -> None:
    profiles = {
        one.properties["UserProfileName"]: one for one in dev.resources("AWS::SageMaker::UserProfile")
    }
    spaces = {one.properties["SpaceName"]: one for one in dev.resources("AWS::SageMaker::Space")}
    for name, persona in (("data-scientist", "DataScientist"), ("lead", "Lead")):
        role = profiles[name].properties["UserSettings"]["ExecutionRole"]["Fn::GetAtt"][0]
        assert role[:-8] == f"{persona}Role"
        space = spaces[f"{name}-lab"].properties
        assert space["OwnershipSettings"] == {"OwnerUserProfileName": name}
        assert space["SpaceSharingSettings"] == {"SharingType": "Private"}


def test_with_sso_a_profile_is_a_user_of_identity_center(concrete: Assembly) -> None:
    profile = _only(concrete, "AWS::SageMaker::UserProfile")
    assert _only(concrete, "AWS::SageMaker::Domain")["AuthMode"] == "SSO"
    assert profile["SingleSignOnUserIdentifier"] == "UserName"
    assert profile["SingleSignOnUserValue"] == "ada@example.com"


def test_the_notebook_instance_is_off_unless_asked_for(dev: Assembly, concrete: Assembly) -> None:
    assert dev.resources("AWS::SageMaker::NotebookInstance") == []
    notebook = _only(concrete, "AWS::SageMaker::NotebookInstance")
    assert notebook["RootAccess"] == "Disabled"
    assert notebook["DirectInternetAccess"] == "Disabled"
    assert notebook["KmsKeyId"]
    assert notebook["SubnetId"] == "subnet-0123456789abcdef0"
    assert notebook["InstanceMetadataServiceConfiguration"] == {"MinimumInstanceMetadataServiceVersion": "2"}


def test_only_a_lead_approves_and_deploys(assembly: Assembly) -> None:
    deployment = state_machine(assembly, "serving").arn
    for persona, may in (("DataScientist", False), ("Lead", True)):
        allowed = _persona(assembly, persona)
        approves = [grant for grant in allowed if grant.action == "sagemaker:UpdateModelPackage"]
        deploys = [g for g in allowed if (g.action, g.resource) == ("states:StartExecution", deployment)]
        assert [bool(approves), bool(deploys)] == [may, may]
    # And whoever has no persona does nothing on the road at all
    services = {grant.action.split(":")[0] for grant in _persona(assembly, "Execution")}
    assert services == {"sagemaker", "kms"}


def test_both_personas_train_and_predict(assembly: Assembly) -> None:
    started = {state_machine(assembly, "training").arn, batch_machine(assembly).arn}
    for persona in ("DataScientist", "Lead"):
        allowed = _persona(assembly, persona)
        assert started <= {grant.resource for grant in allowed if grant.action == "states:StartExecution"}
        assert any(grant.action == "sagemaker:InvokeEndpoint" for grant in allowed)


def test_people_change_their_own_private_spaces_only(assembly: Assembly) -> None:
    for role in studio_roles(assembly):
        changing = [
            grant
            for grant in grants(assembly, role)
            if grant.action.removeprefix("sagemaker:")
            in {"CreateApp", "CreateSpace", "DeleteApp", "DeleteSpace", "UpdateSpace"}
        ]
        assert len(changing) == 5
        for grant in changing:
            owner = grant.conditions["ArnLike"]["sagemaker:OwnerUserProfileArn"]
            assert owner == f"arn:aws:sagemaker:{assembly.region}:{ACCOUNT}:{OWN}"
            assert grant.conditions["StringEquals"] == {"sagemaker:SpaceSharingType": "Private"}
        # And nobody signs in as somebody else
        [signing] = [g for g in grants(assembly, role) if g.action == "sagemaker:CreatePresignedDomainUrl"]
        assert signing.resource.endswith(OWN)


def test_people_neither_delete_nor_change_data_and_pass_no_role(assembly: Assembly) -> None:
    for role in studio_roles(assembly):
        allowed = grants(assembly, role)
        written = {grant.resource for grant in allowed if grant.action.startswith(("s3:Put", "s3:Delete"))}
        assert all(resource.endswith(("/uploads/*", "/queries/*")) for resource in written)
        assert not any(grant.action.startswith(("iam:", "sts:", "cloudtrail:")) for grant in allowed)


def test_personas_find_what_is_uploaded_already(assembly: Assembly) -> None:
    for role in studio_roles(assembly):
        allowed = grants(assembly, role)
        listed = [
            prefix
            for grant in allowed
            if grant.action == "s3:ListBucket"
            for prefix in grant.conditions["StringLike"]["s3:prefix"]
        ]
        uploads = any(grant.action == "s3:PutObject" for grant in allowed)
        assert ("uploads/*" in listed) is uploads


def test_the_teardown_reaches_the_one_domain_and_what_it_left(assembly: Assembly) -> None:
    # Given the role of the function that ends Studio
    allowed = grants(assembly, role_named(assembly, "studio", "TeardownProviderIsCompleteRole"))
    domain = assembly.resources("AWS::SageMaker::Domain")[0].logical_id
    deleting = {g.action: g for g in allowed if _takes_away(g.action)}
    # Then what it may delete names the domain, by its id, its file system, or the tag that SageMaker gives
    for action, grant in deleting.items():
        held = f"{grant.resource} {grant.conditions}"
        assert domain in held or grant.conditions.keys() == {"ArnEquals"}, action
    # And the file system only where data isn't kept
    assert ("elasticfilesystem:DeleteFileSystem" in deleting) is not assembly.environment.retain_data


def _takes_away(action: str) -> bool:
    """Whether an action takes something away; log deliveries are the CDK's own."""
    return action.partition(":")[2].startswith(("Delete", "Revoke"))


def test_apps_and_spaces_end_before_profiles_and_all_before_the_domain(assembly: Assembly) -> None:
    # Given the resources by what CloudFormation deletes before what
    [domain] = assembly.resources("AWS::SageMaker::Domain")
    [ending] = assembly.resources("Custom::StudioDomainTeardown")
    profiles = assembly.resources("AWS::SageMaker::UserProfile")
    spaces = assembly.resources("AWS::SageMaker::Space")
    users = assembly.resources("Custom::StudioUserTeardown")
    assert len(users) == len(spaces) == len(profiles) > 0
    # Then a user's apps end first, then the space and the profile, then what is left with the domain
    assert {space.logical_id for space in spaces} == {
        name for user in users for name in _depends_on(user) if "Space" in name
    }
    assert all(any("Profile" in name for name in _depends_on(space)) for space in spaces)
    assert all(ending.logical_id in _depends_on(profile) for profile in profiles)
    assert domain.logical_id in _depends_on(ending)
    # And the permissions for it go later
    policies = {name for name in _depends_on(ending) if "TeardownPolicy" in name}
    assert len(policies) == 1
    keep = ending.properties["KeepFileSystem"]
    assert keep == ("true" if assembly.environment.retain_data else "false")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """A user's home with the script run twice, as after a restart."""
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
    for _ in range(2):
        subprocess.run(["bash", START_SCRIPT], env=environment, check=True, capture_output=True)
    return environment


def test_the_start_script_can_be_run_again(home: dict[str, str]) -> None:
    folder = Path(home["HOME"])
    assert (folder / ".bashrc").read_text() == "umask 077\n"
    attributes = folder / ".config" / "git" / "attributes"
    assert attributes.read_text() == "*.ipynb filter=clear-output\n"
    assert START_SCRIPT.stat().st_size < 16384


def test_a_notebook_is_committed_as_the_filter_leaves_it(home: dict[str, str], tmp_path: Path) -> None:
    # Given a repository, and a stand-in for jupyter that tells what it was asked
    programs = tmp_path / "bin"
    programs.mkdir()
    jupyter = programs / "jupyter"
    jupyter.write_text('#!/bin/bash\necho "$*"\n')
    jupyter.chmod(0o755)
    environment = {**home, "PATH": f"{programs}:{home['PATH']}"}
    repository = tmp_path / "repository"

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return done.stdout

    repository.mkdir()
    git("init", "-q")
    (repository / "plot.ipynb").write_text("a picture of data")
    # When a notebook is committed
    git("add", ".")
    git("commit", "-qm", "a notebook")
    # Then it went through the filter that clears outputs
    assert "--clear-output" in git("show", "HEAD:plot.ipynb")
