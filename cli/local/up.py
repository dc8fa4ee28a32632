"""`local up`: from a fresh clone to a recommendation, doing again only what has changed."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from cli.console import ANSWERS
from cli.errors import OperatorError
from cli.local import deployment, toolchain, workload_run
from cli.local.server import LocalAws
from cli.local.workload_run import Result
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

    Raises:
        OperatorError: a step failed; the text says which, why, and where to look.
    """
    began = time.monotonic()
    workload_run.require_useful(data, platform.workloads)
    OUTPUTS.unlink(missing_ok=True)
    with local_aws.exclusively(), Board() as board:
        _deploy(platform, local_aws, board)
        results = _train_all(platform, data, board)
        recommendation = _recommendation(platform, results, board)
    outputs = _outputs(platform, results)
    OUTPUTS.write_text(json.dumps(outputs, indent=2) + "\n")
    _show(platform, results, recommendation, time.monotonic() - began)


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


def _train_all(platform: Platform, data: Path | None, board: Board) -> list[Result]:
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(
                workload_run.ensure, platform, workload, workload_run.data_folder_for(workload, data), board
            )
            for workload in platform.workloads
        ]
        return [run.result() for run in runs]


def _recommendation(platform: Platform, results: list[Result], board: Board) -> str | None:
    """The API's answer to one question; None while its model waits for approval."""
    wanted = platform.environment.recommendation.workload
    if not any(result.workload == wanted and result.is_deployed for result in results):
        return None
    with board.step("Ask the API for a recommendation"):
        return ask(f"{platform.api_url}/recommendations")


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


def _show(platform: Platform, results: list[Result], recommendation: str | None, seconds: float) -> None:
    table = Table("workload", "metric", "value", "endpoint")
    for result in results:
        endpoint = result.endpoint if result.is_deployed else "waits for approval"
        table.add_row(result.workload, result.metric, f"{result.value:.4f}", endpoint)
    ANSWERS.print()
    ANSWERS.print(table)
    lines = {
        "API": f"POST {platform.api_url}/recommendations",
        "answered": f"{json.dumps(_QUESTION)} → {recommendation}" if recommendation else "",
        "AWS": f"AWS_ENDPOINT_URL={platform.target.endpoint_url}",
        "reports": ", ".join(platform.command(f"report {result.workload}") for result in results),
        "approve": ", ".join(
            platform.command(f"approve {result.package.arn}") for result in results if not result.is_deployed
        ),
        "outputs": relative(OUTPUTS),
    }
    for name, text in lines.items():
        if text:
            ANSWERS.print(f"{name:<9} {text}", markup=False)
    ANSWERS.print(f"Ready in {seconds:.0f} s.", markup=False)
