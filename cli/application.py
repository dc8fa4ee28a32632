"""The commands and their options; each reads the settings, chooses the target, and hands over."""

import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import acknowledgements as accepted
from cli import alarms, approval, prediction, raw_data, registry, training
from cli import delivery as deliveries
from cli import drift as drifts
from cli import report as reports
from cli import status as statuses
from cli import switch as switches
from cli import transform as transforms
from cli.artifacts import save
from cli.console import ANSWERS, REMARKS, answer_json, remark
from cli.errors import OperatorError, explain
from cli.executions import Follower
from cli.local.application import application as local_application
from cli.options import AsJson, EnvironmentName, TargetOption
from cli.platform import DEFAULT_ENVIRONMENT, Platform, load_settings
from cli.progress import Board
from cli.project import ASSEMBLY, REPORTS
from cli.target import TargetName, choose

application: Final = typer.Typer(
    help="Train, report, predict and approve, on AWS or on the local AWS.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
application.add_typer(local_application, name="local")
endpoint_application: Final = typer.Typer(
    help="Switch an endpoint off, so that it costs nothing, and on again.", no_args_is_help=True
)
application.add_typer(endpoint_application, name="endpoint")

Wait = Annotated[bool, typer.Option("--wait", help="Follow it to its end; fail if it fails.")]
WorkloadName = Annotated[str, typer.Argument(help="A folder of training_scripts/.")]
PackageReference = Annotated[
    str,
    typer.Argument(
        metavar="PACKAGE", help="A model package's ARN, workload:version, or workload (its newest)."
    ),
]


def run() -> None:
    """Run the command line; a fault ends it with one paragraph on stderr."""
    try:
        application()
    except Exception as error:
        explanation = explain(error)
        if explanation is None:
            raise
        REMARKS.print("[bold red]Error:[/] ", end="")
        remark(explanation)
        sys.exit(error.exit_code if isinstance(error, OperatorError) else 1)


@application.command()
def train(
    workload: WorkloadName,
    hyperparameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Override a hyperparameter; repeatable.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Upload the raw data files from this folder.")
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE=URI[#SHA256]", help="Take a data file from s3:// or https://; repeatable."
        ),
    ] = None,
    instance: Annotated[
        list[str] | None,
        typer.Option(
            metavar="JOB.SETTING=VALUE",
            help="Override an instance setting, as in training.instance_type=ml.m5.xlarge; repeatable.",
        ),
    ] = None,
    wait: Wait = False,
    env: EnvironmentName = DEFAULT_ENVIRONMENT,
    target: TargetOption = None,
    as_json: AsJson = False,
) -> None:
    """Start a training run; with --wait, follow it and the deployment that an automatic approval starts."""
    platform = _platform(env, target)
    chosen = platform.workload(workload)
    given = dict(raw_data.parse_source(text) for text in source or ())
    hyperparameters = training.parse_hyperparameters(chosen, hyperparameter or ())
    instances = training.parse_instances(instance or ())
    run_input = training.RunInput(
        hyperparameters=hyperparameters,
        instances=instances,
        sources=raw_data.sources_for(platform, chosen, data, given),
    )
    arn = training.start(platform, chosen, run_input)
    if not wait:
        _answer(
            as_json,
            {"execution_arn": arn},
            f"Started {arn}\n`{platform.command('status')}` shows how it stands.",
        )
        return
    remark(f"Started {arn}; it goes on if you interrupt this command.")
    with Board() as board:
        result = training.run_to_end(platform, chosen, arn, Follower(platform.target, board))
    _answer(as_json, result.document(), str(result))


@application.command()
def status(
    env: EnvironmentName = DEFAULT_ENVIRONMENT, target: TargetOption = None, as_json: AsJson = False
) -> None:
    """Show each workload's last execution, newest model package, and endpoint; and the alarms that ring."""
    platform = _platform(env, target)
    found = [statuses.of_workload(platform, workload) for workload in platform.workloads]
    ringing = alarms.ringing(platform)
    document = {
        "environment": env,
        "workloads": [each.document() for each in found],
        "alarms": [each.document() for each in ringing],
    }
    if as_json:
        answer_json(document)
        return
    ANSWERS.print(statuses.table(found))
    for alarm in ringing:
        ANSWERS.print(str(alarm), style="red", highlight=False, soft_wrap=True)


@application.command()
def report(
    workload: Annotated[
        str, typer.Argument(metavar="WORKLOAD[:VERSION]", help="Without version: the newest.")
    ],
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the run's HTML report into this file instead.")
    ] = None,
    in_browser: Annotated[
        bool, typer.Option("--open", help="Open the run's HTML report in the browser.")
    ] = False,
    env: EnvironmentName = DEFAULT_ENVIRONMENT,
    target: TargetOption = None,
    as_json: AsJson = False,
) -> None:
    """Show an accepted run: its metrics, settings, data and artifacts; or its HTML report."""
    platform = _platform(env, target)
    chosen, package = registry.find(platform, workload)
    if html is not None or in_browser:
        file = html or REPORTS / f"{chosen.name}-{package.version}.html"
        page = save(reports.read_html(platform, chosen, package), file)
        if in_browser:
            webbrowser.open(page.as_uri())
        _answer(as_json, {"model_package_arn": package.arn, "html": str(page)}, str(page))
        return
    found = reports.read(platform, chosen, package)
    if as_json:
        answer_json(found.document())
    else:
        ANSWERS.print(reports.render(found))


@application.command()
def predict(
    workload: WorkloadName,
    body: Annotated[str, typer.Argument(metavar="JSON|CSV|@FILE|-", help="What to predict from.")],
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Send JSON untranslated, in the form the model's container takes.")
    ] = False,
    env: EnvironmentName = DEFAULT_ENVIRONMENT,
    target: TargetOption = None,
    as_json: AsJson = False,
) -> None:
    """Ask a workload's endpoint for a prediction."""
    request = prediction.read_body(body)
    platform = _platform(env, target)
    answer = prediction.predict(platform, platform.workload(workload), request, as_is=as_is)
    _answer(as_json, {"content_type": answer.content_type, "body": answer.body}, answer.body.rstrip("\n"))


@application.command()
def transform(
    workload: WorkloadName,
    source: Annotated[
        str,
        typer.Argument(
            metavar="S3URI|FILE.csv|FILE.jsonl", help="Features, or JSON documents, a record on each line."
        ),
    ],
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Download the predictions into this file.")
    ] = None,
    join: Annotated[bool, typer.Option("--join", help="Write each prediction behind its record.")] = False,
    env: EnvironmentName = DEFAULT_ENVIRONMENT,
    target: TargetOption = None,
    as_json: AsJson = False,
) -> None:
    """Predict from a whole file with the model that a workload serves, and follow it to its end."""
    platform = _platform(env, target)
    chosen = platform.workload(workload)
    given = transforms.bring(platform, chosen, source)
    arn = transforms.start(platform, chosen, given, join=join)
    remark(f"Started {arn}; it goes on if you interrupt this command.")
    with Board() as board:
        follower = Follower(platform.target, board)
        result = transforms.run_to_end(platform, chosen, given, arn, follower, output)
    _answer(as_json, result.document(), str(result))


@application.command()
def drift(
    workload: WorkloadName,
    window: Annotated[
        str | None,
        typer.Option(metavar="YYYY/MM/DD[/HH]", help="A day or an hour in UTC; without it, the present one."),
    ] = None,
    env: EnvironmentName = DEFAULT_ENVIRONMENT,
    target: TargetOption = None,
    as_json: AsJson = False,
) -> None:
    """Compare what a workload's endpoint was asked with what its model was tested on."""
    platform = _platform(env, target)
    chosen = platform.workload(workload)
    arn = drifts.start(platform, chosen, window)
    remark(f"Started {arn}; it goes on if you interrupt this command.")
    with Board() as board:
        found = drifts.run_to_end(platform, chosen, arn, Follower(platform.target, board))
    if as_json:
        answer_json(found.document())
    else:
        ANSWERS.print(drifts.render(found))


@application.command()
def deliver(
    workload: WorkloadName,
    folder: Annotated[Path, typer.Argument(help="Holds the workload's raw data files.")],
    env: EnvironmentName = DEFAULT_ENVIRONMENT,
    target: TargetOption = None,
    as_json: AsJson = False,
) -> None:
    """Deliver new raw data, which starts a training where the settings say so."""
    platform = _platform(env, target)
    chosen = platform.workload(workload)
    uri = deliveries.deliver(platform, chosen, folder)
    started = f"Delivered to {uri}; `{platform.command('status')}` shows the training that it starts."
    _answer(as_json, {"uri": uri}, started)


@application.command()
def approve(
    package: PackageReference,
    wait: Wait = False,
    env: EnvironmentName = DEFAULT_ENVIRONMENT,
    target: TargetOption = None,
    as_json: AsJson = False,
) -> None:
    """Approve a model package, which deploys it; an approved one is deployed again (a rollback)."""
    platform = _platform(env, target)
    workload, found = registry.find(platform, package)
    deployment = approval.approve(platform, workload, found)
    done = "on its way to the endpoint"
    if wait:
        with Board() as board:
            follower = Follower(platform.target, board)
            ended = training.follow_deployment(platform, workload, found.arn, follower, deployment)
        deployment, done = ended.arn, "deployed"
        if ended.output["outcome"] == switches.SWITCHED_OFF:
            command = platform.command(f"endpoint on {workload.name}")
            done = f"not deployed, because the endpoint is off: `{command}`, and approve it again"
    document = {
        "model_package_arn": found.arn,
        "approval": approval.APPROVED,
        "deployment_execution_arn": deployment,
    }
    _answer(as_json, document, f"{workload.name} version {found.version} is approved and {done}.")


@application.command()
def reject(
    package: PackageReference,
    env: EnvironmentName = DEFAULT_ENVIRONMENT,
    target: TargetOption = None,
    as_json: AsJson = False,
) -> None:
    """Reject a model package; an endpoint that serves it already goes on."""
    platform = _platform(env, target)
    workload, found = registry.find(platform, package)
    approval.reject(platform, found)
    document = {"model_package_arn": found.arn, "approval": approval.REJECTED}
    _answer(as_json, document, f"{workload.name} version {found.version} is rejected.")


@application.command()
def acknowledgements(
    assembly: Annotated[Path, typer.Argument(help="A folder that `cdk synth` wrote.")] = ASSEMBLY,
    as_json: AsJson = False,
) -> None:
    """Show what a synth accepted of cdk-nag's and checkov's findings: each decision with its resources."""
    found = accepted.read(assembly)
    if as_json:
        answer_json(accepted.document(found))
    else:
        ANSWERS.print(accepted.tables(found))


@endpoint_application.command()
def off(
    workload: WorkloadName,
    env: EnvironmentName = DEFAULT_ENVIRONMENT,
    target: TargetOption = None,
    as_json: AsJson = False,
) -> None:
    """Delete a workload's endpoint, and keep what it serves; approvals deploy nothing until it is on."""
    _switch(_platform(env, target), workload, "off", as_json=as_json)


@endpoint_application.command()
def on(
    workload: WorkloadName,
    env: EnvironmentName = DEFAULT_ENVIRONMENT,
    target: TargetOption = None,
    as_json: AsJson = False,
) -> None:
    """Bring a workload's endpoint back, with the model that it served."""
    _switch(_platform(env, target), workload, "on", as_json=as_json)


def _switch(platform: Platform, workload: str, position: switches.Position, *, as_json: bool) -> None:
    with Board() as board:
        follower = Follower(platform.target, board)
        switched = switches.switch(platform, platform.workload(workload), position, follower)
    _answer(as_json, switched.document(), str(switched))


def _platform(environment_name: str, target: TargetName | None) -> Platform:
    environment, workloads = load_settings(environment_name)
    platform = Platform(environment, workloads, choose(target, environment.region))
    remark(f"Target: {platform.target}; environment: {environment.name}")
    return platform


def _answer(as_json: bool, document: Mapping[str, object], text: str) -> None:
    if as_json:
        answer_json(document)
    else:
        ANSWERS.print(text, markup=False)
