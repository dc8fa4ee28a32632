"""The commands `local …` and their options."""

import json
import os
import shutil
import time
from collections import deque
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.console import ANSWERS, REMARKS, answer_json, remark
from cli.errors import OperatorError
from cli.local import permissions as granted
from cli.local import toolchain
from cli.local.server import LocalAws
from cli.local.up import up as bring_up
from cli.options import AsJson, EnvironmentName
from cli.platform import DEFAULT_ENVIRONMENT, Platform, load_settings
from cli.progress import Board
from cli.project import LOCAL, OUTPUTS, PERMISSIONS, relative
from cli.target import local_target

application: Final = typer.Typer(help="The local AWS of this folder.", no_args_is_help=True)

_FOLLOW_SECONDS: Final = 0.5


@application.command()
def up(
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Train on the raw data files of this folder.")
    ] = None,
    env: EnvironmentName = DEFAULT_ENVIRONMENT,
) -> None:
    """Start the local AWS, deploy the stacks, train and deploy every workload, ask the API once."""
    environment, workloads = load_settings(env)
    try:
        bring_up(Platform(environment, workloads, local_target()), data, LocalAws())
    except KeyboardInterrupt:
        remark("Interrupted; run it again to go on, or `make local-stop`.")
        # Threads that follow executions would hold up a normal exit.
        REMARKS.file.flush()
        os._exit(130)


@application.command()
def install() -> None:
    """Install what the local AWS runs on, without starting it."""
    with Board() as board:
        with board.step("Install the local AWS") as line:
            if not toolchain.install_local_aws():
                line.unchanged()
        with board.step("Build the images' environments") as line:
            if not toolchain.build_images(LocalAws().python):
                line.unchanged()


@application.command()
def stop() -> None:
    """Stop the local AWS; the next start goes on from its state."""
    local_aws = LocalAws()
    with local_aws.exclusively():
        was_running = local_aws.stop()
    if not was_running:
        remark("The local AWS isn't running.")
    elif local_aws.keeps_state:
        remark("The local AWS is stopped; its state is kept.")
    else:
        remark(
            "The local AWS is stopped, but could not save its state, so the next start begins empty: "
            f"{relative(local_aws.log)} says why."
        )


@application.command()
def status(as_json: AsJson = False) -> None:
    """Show whether the local AWS runs, and what it serves."""
    local_aws = LocalAws()
    running, started = local_aws.is_running(), local_aws.started()
    document = {
        "running": running,
        "pid": started.pid if started and running else None,
        "endpoint_url": local_target().endpoint_url if running else None,
        "outputs": json.loads(OUTPUTS.read_text()) if OUTPUTS.exists() else None,
    }
    if as_json:
        answer_json(document)
        return
    if not running:
        ANSWERS.print("The local AWS isn't running: `make local` starts it.", markup=False)
        return
    ANSWERS.print(
        f"The local AWS runs at {document['endpoint_url']}, process {document['pid']}.", markup=False
    )
    ANSWERS.print(
        f"Its log is {relative(local_aws.log)}, its state is in {relative(local_aws.state)}.", markup=False
    )


@application.command()
def logs(
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what is added.")] = False,
) -> None:
    """Show the log of the local AWS."""
    log = LocalAws().log
    if not log.exists():
        raise OperatorError("The local AWS has no log yet: `make local` starts it.")
    with log.open(encoding="utf-8", errors="replace") as content:
        for line in deque(content, maxlen=lines):
            ANSWERS.out(line, end="")
        while follow:
            added = content.read()
            ANSWERS.out(added, end="")
            if not added:
                time.sleep(_FOLLOW_SECONDS)


@application.command()
def permissions(
    unused: Annotated[bool, typer.Option("--unused", help="Only what was never used.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail if anything was never used and has no reason to be there.")
    ] = False,
    env: EnvironmentName = DEFAULT_ENVIRONMENT,
    as_json: AsJson = False,
) -> None:
    """Show what every role was granted, and what of it was ever used here; also after the stacks' end."""
    environment, _ = load_settings(env)
    found = granted.read(LocalAws().state, environment.prefix)
    PERMISSIONS.write_text(json.dumps(found.document(), indent=2) + "\n")
    if as_json:
        answer_json(found.document())
    else:
        _show_permissions(found, unused=unused)
    if check and (found.count(granted.Use.UNEXPLAINED) or found.idle_reasons):
        raise OperatorError(
            "Take away what is never used, or say in stacks/unused_permissions.py why it stays; reasons that "
            "explain nothing go."
        )


def _show_permissions(found: granted.Permissions, *, unused: bool) -> None:
    shown = [one for one in found.grants if not unused or one.use is not granted.Use.USED]
    ANSWERS.print(granted.table(shown))
    ANSWERS.print(found.summary(), markup=False)
    for reason in found.idle_reasons:
        remark(f"This reason explains nothing any more: {', '.join(reason.actions)}: {reason.text}.")
    remark(f"All of it is in {relative(PERMISSIONS)}.")


@application.command()
def clean() -> None:
    """Stop the local AWS and forget all it holds: models, data, logs."""
    local_aws = LocalAws()
    with local_aws.exclusively():
        local_aws.stop()
        shutil.rmtree(LOCAL)
    remark(f"{relative(LOCAL)} is removed.")
