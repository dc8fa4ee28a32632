"""The options that several groups of commands have."""

from typing import Annotated

import typer

from cli.target import TargetName

EnvironmentName = Annotated[
    str, typer.Option("--env", metavar="NAME", help="The environment: settings/NAME.yaml.")
]
TargetOption = Annotated[
    TargetName | None,
    typer.Option(
        "--target",
        envvar="MANAGE_TARGET",
        help="Without it: what AWS_ENDPOINT_URL names, else AWS if AWS_PROFILE or AWS_ACCESS_KEY_ID is set, "
        "else the local AWS if this folder has one, else AWS.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON on stdout.")]
