"""A synthesized platform: its templates, and the values that intrinsic functions in them stand for."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from aws_cdk import App
from aws_cdk.assertions import Template

from settings.environment import Environment
from settings.governance import RulePack
from settings.loading import PROJECT_ROOT
from settings.workload import Workload
from stacks.platform import Platform
from stacks.rule_packs import check

ACCOUNT = "111122223333"
_ORDER = (
    "storage",
    "catalogue",
    "network",
    "training",
    "serving",
    "monitoring",
    "recommendation",
    "website",
    "observability",
    "studio",
    "budget",
)


class Resource(NamedTuple):
    """A resource of a template; `stack` is the stack's role, such as `storage`."""

    stack: str
    logical_id: str
    body: dict[str, Any]

    @property
    def properties(self) -> dict[str, Any]:
        """The properties as the template has them."""
        properties: dict[str, Any] = self.body.get("Properties", {})
        return properties


@dataclass(frozen=True, eq=False)
class Assembly:
    """What a synth wrote to `folder`. An agnostic one is looked at as deployed to us-east-1."""

    environment: Environment
    workloads: tuple[Workload, ...]
    folder: Path

    @property
    def region(self) -> str:
        """The region that intrinsic functions are resolved for."""
        return self.environment.region or "us-east-1"

    @property
    def stacks(self) -> tuple[str, ...]:
        """The roles of the stacks that the environment has, such as `storage`."""
        return tuple(stack for stack in _ORDER if self._file(stack).is_file())

    def _file(self, stack: str) -> Path:
        return self.folder / f"{self.environment.prefix}-{stack}.template.json"

    @cache  # noqa: B019 - a session has three of them
    def template(self, stack: str) -> dict[str, Any]:
        """The template of a stack, as written."""
        template: dict[str, Any] = json.loads(self._file(stack).read_text(encoding="utf-8"))
        return template

    @cache  # noqa: B019
    def assertions(self, stack: str) -> Template:
        """The template of a stack, for the CDK's assertions."""
        return Template.from_json(self.template(stack))

    def resources(self, *types: str) -> list[Resource]:
        """All resources of some types, of every stack."""
        return [
            Resource(stack, logical_id, body)
            for stack in self.stacks
            for logical_id, body in self.template(stack)["Resources"].items()
            if body["Type"] in types
        ]

    def resource(self, stack: str, logical_id: str) -> Resource:
        """One resource."""
        return Resource(stack, logical_id, self.template(stack)["Resources"][logical_id])

    def resolve(self, stack: str, value: Any) -> Any:
        """Replace the intrinsic functions of a stack's template by what they stand for."""
        if isinstance(value, list):
            return [self.resolve(stack, item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            function, argument = next(iter(value.items()))
            if function == "Ref" or function.startswith("Fn::"):
                return self._call(stack, function, argument)
        return {key: self.resolve(stack, item) for key, item in value.items()}

    def _call(self, stack: str, function: str, argument: Any) -> Any:
        calls: dict[str, Callable[[str, Any], Any]] = {
            "Ref": self._reference,
            "Fn::GetAtt": lambda stack, names: self._attribute(self.resource(stack, names[0]), names[1]),
            "Fn::Base64": lambda stack, text: base64.b64encode(self.resolve(stack, text).encode()).decode(),
            "Fn::GetAZs": lambda _stack, _region: [f"{self.region}{letter}" for letter in "abc"],
            "Fn::Join": lambda stack, parts: parts[0].join(self.resolve(stack, parts[1])),
            "Fn::Select": lambda stack, choice: self.resolve(stack, choice[1])[int(choice[0])],
            "Fn::Split": lambda stack, parts: self.resolve(stack, parts[1]).split(parts[0]),
            "Fn::Sub": self._substitute,
            "Fn::FindInMap": self._found_in_map,
            "Fn::ImportValue": lambda _stack, export: self._imported(export),
        }
        if function not in calls:
            raise ValueError(f"no rule for {function}")
        return calls[function](stack, argument)

    def _found_in_map(self, stack: str, argument: Any) -> Any:
        name, first, second = self.resolve(stack, argument)
        return self.template(stack)["Mappings"][name][first][second]

    def _reference(self, stack: str, name: str) -> str:
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::URLSuffix": "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        resource = self.resource(stack, name)
        if resource.body["Type"] in {"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"}:
            return self._attribute(resource, "Arn")
        return f"{self.environment.prefix}-{stack}-{name}"

    @property
    def partition(self) -> str:
        """The partition of the region."""
        return "aws-cn" if self.region.startswith("cn-") else "aws"

    def _attribute(self, resource: Resource, attribute: str) -> str:
        name = f"{self.environment.prefix}-{resource.stack}-{resource.logical_id}"
        here = f"{self.region}:{ACCOUNT}"
        arns = {
            "AWS::CloudWatch::Alarm": f"cloudwatch:{here}:alarm:{name}",
            "AWS::IAM::Role": f"iam::{ACCOUNT}:role/{name}",
            "AWS::KMS::Key": f"kms:{here}:key/{name}",
            "AWS::Lambda::Function": f"lambda:{here}:function:{name}",
            "AWS::Logs::LogGroup": f"logs:{here}:log-group:{name}:*",
            "AWS::S3::Bucket": f"s3:::{name}",
            "AWS::SNS::Topic": f"sns:{here}:{name}",
            "AWS::SageMaker::ModelPackageGroup": (
                f"sagemaker:{here}:model-package-group/{resource.properties.get('ModelPackageGroupName')}"
            ),
            "AWS::StepFunctions::StateMachine": f"states:{here}:stateMachine:{name}",
        }
        if attribute in {"Arn", "ModelPackageGroupArn"} and resource.body["Type"] in arns:
            return f"arn:{self.partition}:{arns[resource.body['Type']]}"
        if attribute == "DomainArn":
            return f"arn:{self.partition}:sagemaker:{here}:domain/{name}"
        return f"{name}.{attribute}"

    def _substitute(self, stack: str, argument: Any) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument
        for name, value in variables.items():
            text = text.replace("${" + name + "}", self.resolve(stack, value))
        for name in ("AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::URLSuffix"):
            text = text.replace("${" + name + "}", self._reference(stack, name))
        return str(text)

    def _imported(self, export: str) -> Any:
        for stack in self.stacks:
            for output in self.template(stack).get("Outputs", {}).values():
                if output.get("Export", {}).get("Name") == export:
                    return self.resolve(stack, output["Value"])
        raise ValueError(f"nothing exports {export}")


def synthesize(
    environment: Environment,
    workloads: tuple[Workload, ...],
    folder: Path,
    *,
    packs: Iterable[RulePack] | None = None,
) -> Assembly:
    """Write the platform's templates to a folder, with the feature flags of cdk.json.

    Without `packs`, cdk-nag isn't asked.
    """
    context = json.loads((PROJECT_ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = App(outdir=str(folder), context=context)
    Platform(app, environment, workloads)
    if packs is not None:
        check(app, tuple(packs))
    app.synth()
    return Assembly(environment, workloads, folder)


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
