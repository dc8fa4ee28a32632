"""The functions: settings that all share, and what their assets hold."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from settings.loading import PROJECT_ROOT
from tests.infrastructure.assembly import Assembly, Resource

OWN = (
    "resolve_run",
    "ingest",
    "smoke_prediction",
    "recommend",
    "predict",
    "health",
    "cleanup",
    "studio_teardown",
)
SOURCES = PROJECT_ROOT / "lambda_src"


def _functions(assembly: Assembly) -> list[Resource]:
    return assembly.resources("AWS::Lambda::Function")


def _own(assembly: Assembly) -> Iterator[tuple[str, Resource]]:
    """The functions of lambda_src, with their package."""
    for function in _functions(assembly):
        package = function.properties["Handler"].split(".")[0]
        if package in OWN:
            yield package, function


def _asset(assembly: Assembly, function: Resource) -> Path:
    """The folder that becomes the function's archive."""
    key = assembly.resolve(function.stack, function.properties["Code"]["S3Key"])
    return assembly.folder / f"asset.{key.removesuffix('.zip')}"


def test_every_folder_of_lambda_src_is_deployed(assembly: Assembly) -> None:
    # Given the folders with functions
    folders = {path.parent.name for path in SOURCES.glob("*/handler.py")}
    assert folders == set(OWN)
    # Then each is some function's, but predictions are off where the settings name no workload
    off = set() if assembly.environment.api.predictions else {"predict"}
    assert {package for package, _ in _own(assembly)} == folders - off


def test_functions_run_on_one_current_runtime_and_are_traced(assembly: Assembly) -> None:
    runtimes = set()
    for _, function in _own(assembly):
        runtimes.add((function.properties["Runtime"], *function.properties["Architectures"]))
        assert function.properties["TracingConfig"] == {"Mode": "Active"}
        assert function.properties["LoggingConfig"]["LogFormat"] == "JSON"
    assert runtimes == {("python3.14", "arm64")}


def test_every_function_logs_to_a_group_that_its_stack_owns(assembly: Assembly) -> None:
    # Given all functions, the CDK's own included
    for function in _functions(assembly):
        # Then none lets Lambda make a log group that the stack wouldn't delete
        group = assembly.resource(function.stack, function.properties["LoggingConfig"]["LogGroup"]["Ref"])
        assert group.body["Type"] == "AWS::Logs::LogGroup", function.logical_id


def test_every_log_group_has_a_retention_and_the_platforms_key(assembly: Assembly) -> None:
    [key] = assembly.resources("AWS::KMS::Key")
    key_arn = assembly.resolve(key.stack, {"Fn::GetAtt": [key.logical_id, "Arn"]})
    groups = assembly.resources("AWS::Logs::LogGroup")
    assert groups
    for group in groups:
        assert group.properties["RetentionInDays"] == assembly.environment.log_retention_days
        assert assembly.resolve(group.stack, group.properties["KmsKeyId"]) == key_arn
        # And no name that a second deployment would collide with
        assert "LogGroupName" not in group.properties


def test_handlers_are_in_the_assets(assembly: Assembly) -> None:
    for _, function in _own(assembly):
        # Given a function's handler, such as recommend.handler.handler
        *module, name = function.properties["Handler"].split(".")
        # When its file is looked for in the asset
        file = _asset(assembly, function).joinpath(*module).with_suffix(".py")
        # Then it is there and has it
        assert f"def {name}(" in file.read_text(encoding="utf-8")


def test_assets_hold_the_sources_as_they_are_and_nothing_compiled(assembly: Assembly) -> None:
    for package, function in _own(assembly):
        asset = _asset(assembly, function)
        # Given the function's sources
        for source in (SOURCES / package).glob("**/*.py"):
            copied = asset / source.relative_to(SOURCES)
            assert copied.read_bytes() == source.read_bytes()
        # Then there is no file besides Python and JSON, so none for the wrong machine
        assert {path.suffix for path in asset.rglob("*") if path.is_file()} <= {".py", ".json"}


def test_the_recommendation_has_powertools_and_the_catalogue(assembly: Assembly) -> None:
    # Given the asset of the recommendation function
    function = next(function for package, function in _own(assembly) if package == "recommend")
    asset = _asset(assembly, function)
    # Then its distributions are whole
    assert (asset / "aws_lambda_powertools" / "__init__.py").is_file()
    assert (asset / "typing_extensions.py").is_file()
    # And the catalogue names the workload's labels
    catalogue: Any = json.loads((asset / "catalogue.json").read_text(encoding="utf-8"))
    assert len(catalogue) == 12


@pytest.mark.parametrize(
    "package", ["resolve_run", "ingest", "smoke_prediction", "health", "cleanup", "studio_teardown"]
)
def test_the_other_functions_carry_no_distribution(dev: Assembly, package: str) -> None:
    # Given a function that needs what the runtime brings
    function = next(function for name, function in _own(dev) if name == package)
    # Then its asset holds its own package, and what it shares: the settings' rules, the API's answers
    shared = {"resolve_run": {"settings"}, "health": {"http_api"}}
    assert {path.name for path in _asset(dev, function).iterdir()} == {package} | shared.get(package, set())


def test_functions_are_told_the_buckets_they_use(assembly: Assembly) -> None:
    for package, function in _own(assembly):
        variables = function.properties.get("Environment", {}).get("Variables", {})
        if package in {"resolve_run", "ingest"}:
            assert variables.keys() == {"DATA_BUCKET", "ARTIFACTS_BUCKET"}


def test_outputs_are_the_ones_that_operators_read(assembly: Assembly) -> None:
    # Given the outputs that are no exports between stacks
    outputs = {
        stack: {
            name
            for name, output in assembly.template(stack).get("Outputs", {}).items()
            if "Export" not in output
        }
        for stack in assembly.stacks
    }
    # Then they have the names that manage.py looks for
    keys = {"ApiKeyIdShop", "ApiKeyIdCallCentre"} if assembly.environment.api.keys else set()
    assert {stack: names for stack, names in outputs.items() if names} == {
        "storage": {"DataBucketName", "ArtifactsBucketName", "KeyArn"},
        "catalogue": {"DatabaseName", "WorkGroupName"},
        "training": {
            "TopicArn",
            "MysfitRecommenderStateMachineArn",
            "MysfitRecommenderModelPackageGroupName",
        },
        "serving": {
            "MysfitRecommenderEndpointName",
            "MysfitRecommenderDeploymentStateMachineArn",
            "MysfitRecommenderBatchStateMachineArn",
            "MysfitRecommenderSwitchParameterName",
        },
        "recommendation": {"ApiUrl", "RecommendFunctionName", *keys},
        "website": {"SiteUrl"},
        "observability": {"DashboardName", "DashboardUrl"},
        "studio": {"DomainId", "StudioUrl"},
    }


def test_all_stacks_are_protected_where_data_is_kept(assembly: Assembly) -> None:
    # Given the manifest that the CDK's command line deploys by
    manifest = json.loads((assembly.folder / "manifest.json").read_text(encoding="utf-8"))
    prefix = assembly.environment.prefix
    protected = {
        stack
        for stack in assembly.stacks
        if manifest["artifacts"][f"{prefix}-{stack}"]["properties"].get("terminationProtection")
    }
    # Then nothing that people rely on is deleted by mistake
    assert protected == (set(assembly.stacks) if assembly.environment.retain_data else set())


def test_everything_carries_the_environments_tags(assembly: Assembly) -> None:
    wanted = {"Key": "environment", "Value": assembly.environment.tags["environment"]}
    for resource in assembly.resources(
        "AWS::S3::Bucket", "AWS::IAM::Role", "AWS::StepFunctions::StateMachine"
    ):
        if "CustomS3AutoDelete" not in resource.logical_id:
            assert wanted in resource.properties["Tags"], resource.logical_id


def test_no_resource_has_a_fixed_name_but_those_that_others_rely_on(assembly: Assembly) -> None:
    # Given the properties that name a resource
    names = {
        "BucketName",
        "FunctionName",
        "RoleName",
        "StateMachineName",
        "TopicName",
        "QueueName",
        "AliasName",
    }
    for stack in assembly.stacks:
        for logical_id, body in assembly.template(stack)["Resources"].items():
            if body["Type"].startswith("Custom::") or body["Type"] == "AWS::Lambda::Permission":
                continue
            # Then CloudFormation chooses them, so a replacement never collides
            assert not names & body.get("Properties", {}).keys(), logical_id
