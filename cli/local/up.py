"""`local up`: from a fresh clone to a recommendation, doing again only what has changed."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from cli.console import ANSWERS
from cli.errors import OperatorError
from cli.local import data_folder, deployment, toolchain, workload_run
from cli.local.data_folder import TrainingData
from cli.local.server import LocalAws
from cli.local.workload_run import Failure, Result
from cli.platform import Platform
from cli.progress import Board
from cli.project import OUTPUTS, relative
from cli.target import local_port

# An answer to each of the quiz's five questions.
_QUESTION: Final = {"entry": [1, 2, 3, 4, 5]}
# A function's first call, and an endpoint that is busy, may take this long.
_API_TIMEOUT_SECONDS: Final = 60.0


def up(platform: Platform, data: Path | None, local_aws: LocalAws) -> None:
    """Start the local AWS, deploy every stack, train and deploy every workload, ask the API, show it all.

    A workload that fails doesn't keep the others from their end.

    Raises:
        OperatorError: a step failed; the text says which, why, and where to look. Or a workload has; what
            there is to say of it is shown then.
    """
    began = time.monotonic()
    training_data = data_folder.choose(data, platform.workloads)
    OUTPUTS.unlink(missing_ok=True)
    with local_aws.exclusively(), Board() as board:
        _deploy(platform, local_aws, board)
        outcomes = _train_all(platform, training_data, board)
        results = [outcome for outcome in outcomes if isinstance(outcome, Result)]
        recommendation = _recommendation(platform, results, board)
    OUTPUTS.write_text(json.dumps(_outputs(platform, results), indent=2) + "\n")
    _show(platform, outcomes, recommendation)
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    if failures:
        names = ", ".join(failure.workload for failure in failures)
        raise OperatorError(
            f"{len(failures)} of {len(outcomes)} workloads failed: {names}. Put right what is said above, "
            "and run it again: only what failed is done anew."
        )
    ANSWERS.print(f"Ready in {time.monotonic() - began:.0f} s.", markup=False)


def _deploy(platform: Platform, local_aws: LocalAws, board: Board) -> None:
    """Templates are synthesized and images built while the local AWS is started and bootstrapped."""
    target, name = platform.target, platform.environment.name
    with ThreadPoolExecutor() as pool:
        synthesis = pool.submit(
            _step, board, f"Synthesize the stacks for {name}", lambda: deployment.synthesize(name, target)
        )
        _step(board, "Install the local AWS", toolchain.install_local_aws)
        images = pool.submit(
            _step, board, "Build the images' environments", lambda: toolchain.build_images(local_aws.python)
        )
        _step(board, f"Start the {target}", lambda: local_aws.start(local_port()))
        _step(board, "Bootstrap it for the CDK", lambda: deployment.bootstrap(target, local_aws.is_running))
        synthesis.result()
        with board.step("Deploy the stacks"):
            deployment.deploy(target, local_aws.is_running)
        images.result()


def _step(board: Board, label: str, action: Callable[[], bool]) -> None:
    with board.step(label) as line:
        if not action():
            line.unchanged()


def _train_all(
    platform: Platform, training_data: Mapping[str, TrainingData], board: Board
) -> list[Result | Failure]:
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(workload_run.ensure_or_tell, platform, workload, training_data[workload.name], board)
            for workload in platform.workloads
        ]
        return [run.result() for run in runs]


def _recommendation(platform: Platform, results: list[Result], board: Board) -> str | None:
    """The API's answer to one question; None while its model waits for approval, or is switched off."""
    wanted = platform.environment.recommendation.workload
    if not any(result.workload == wanted and result.is_deployed and not result.is_off for result in results):
        return None
    with board.step("Ask the API for a recommendation"):
        # Who asks the API itself may need a key; the website brings its own.
        keyed = platform.environment.api.keys is not None
        return ask(
            f"{platform.site_url}api/recommendations" if keyed else f"{platform.api_url}/recommendations"
        )


def ask(url: str) -> str:
    """POST the question to `url` and return the answer's text.

    Raises:
        OperatorError: the answer isn't 200.
    """
    request = urllib.request.Request(  # noqa: S310 - the API that was just deployed
        url, data=json.dumps(_QUESTION).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_API_TIMEOUT_SECONDS) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        body = error.read().decode(errors="replace").strip()
        raise OperatorError(
            f"The API at {url} answered {error.code}: {body}. See `./manage.py local logs`."
        ) from error
    except OSError as error:
        raise OperatorError(
            f"The API at {url} doesn't answer: {error}. See `./manage.py local logs`."
        ) from error


def _outputs(platform: Platform, results: list[Result]) -> dict[str, Any]:
    """The content of `.local/outputs.json`."""
    return {
        "site_url": platform.site_url,
        "api_url": platform.api_url,
        "endpoint_url": platform.target.endpoint_url,
        "workloads": {
            result.workload: {
                "metric": result.metric,
                "value": result.value,
                "endpoint": result.endpoint,
                "state_machine_arn": result.state_machine_arn,
            }
            for result in results
        },
    }


def _show(platform: Platform, outcomes: list[Result | Failure], recommendation: str | None) -> None:
    ANSWERS.print()
    ANSWERS.print(_table(outcomes))
    results = [outcome for outcome in outcomes if isinstance(outcome, Result)]
    lines = [
        ("failed", f"{outcome.workload}: {outcome.reason}")
        for outcome in outcomes
        if isinstance(outcome, Failure)
    ]
    lines.append(("quiz", platform.site_url))
    lines.append(("API", f"POST {platform.api_url}/recommendations"))
    if recommendation:
        lines.append(("answered", f"{json.dumps(_QUESTION)} → {recommendation}"))
    lines.append(("AWS", f"AWS_ENDPOINT_URL={platform.target.endpoint_url}"))
    lines.append(("reports", platform.command("report WORKLOAD")))
    lines += [
        ("approve", platform.command(f"approve {result.workload}:{result.package.version} --wait"))
        for result in results
        if not result.is_deployed
    ]
    lines += [
        ("off", f"{platform.command(f'endpoint on {result.workload}')} brings its endpoint back")
        for result in results
        if result.is_off
    ]
    lines.append(("outputs", relative(OUTPUTS)))
    for name, text in lines:
        ANSWERS.print(f"{name:<9} {text}", markup=False)


def _table(outcomes: list[Result | Failure]) -> Table:
    table = Table("workload", "data", "metric", "value", "endpoint")
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            table.add_row(outcome.workload, outcome.data, "", "", "failed, as said below")
        else:
            endpoint = outcome.endpoint if outcome.is_deployed else "waits for approval"
            endpoint = "switched off" if outcome.is_off else endpoint
            table.add_row(outcome.workload, outcome.data, outcome.metric, f"{outcome.value:.4f}", endpoint)
    return table
