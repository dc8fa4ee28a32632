"""The rules of our own about templates: CloudFormation Guard, evaluated in synth by the CDK's own engine."""

import os
from pathlib import Path

from aws_cdk import App, CloudFormationValidatePlugin, ValidationRuleSource, Validations

from settings.environment import Environment

RULES = Path(__file__).resolve().parent / "rules"


def check_house_rules(app: App, environment: Environment) -> None:
    """Have a synth hold its templates against the rules, and against the CDK's own, which the engine has too.

    `CDK_VALIDATION=false`, which `cdk synth --no-validation` sets, switches both off.
    https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk/CloudFormationValidatePlugin.html
    """
    if os.environ.get("CDK_VALIDATION") != "false":
        Validations.of(app).add_plugins(engine(rule_files(environment)))


def rule_files(environment: Environment) -> list[Path]:
    """The rules that an environment's settings ask for: those of every one, and those of its folders."""
    folders = {
        "vpc_only": environment.network.mode == "vpc_only",
        "manual_approval": environment.approval == "manual",
        "retained": environment.retain_data,
    }
    files = sorted(RULES.glob("*.guard"))
    return files + [
        file for name, asked in folders.items() if asked for file in (RULES / name).glob("*.guard")
    ]


def engine(files: list[Path]) -> CloudFormationValidatePlugin:
    """The CDK's own rules and those of the files, as one source: for each, templates are parsed anew."""
    content = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return CloudFormationValidatePlugin(
        guard_rules=[ValidationRuleSource(name="house rules", content=content)]
    )
