"""`predict`: one request to a workload's endpoint, in the workload's language or in its container's."""

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from botocore.exceptions import ClientError

from cli.errors import OperatorError
from cli.platform import Platform
from cli.translation import is_translatable, translator_of
from settings.workload import Workload

JSON: Final = "application/json"
JSON_LINES: Final = "application/jsonlines"
CSV: Final = "text/csv"
_TOO_LONG: Final = re.compile(r"'body'.*length less than or equal to", re.IGNORECASE)


@dataclass(frozen=True)
class Prediction:
    """What the endpoint answered."""

    content_type: str
    body: str


def read_body(argument: str) -> str:
    """The request's body: the argument itself, the file after `@`, or standard input for `-`.

    Raises:
        OperatorError: the file can't be read, or there is nothing in it.
    """
    if argument == "-":
        body = sys.stdin.read()
    elif argument.startswith("@"):
        try:
            body = Path(argument[1:]).read_text(encoding="utf-8")
        except OSError as error:
            raise OperatorError(f"{argument[1:]} can't be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise OperatorError(f"{argument[1:]} isn't text in UTF-8: {error.reason}.") from error
    else:
        body = argument
    if not body.strip():
        raise OperatorError(
            "There is nothing to predict from: give JSON, CSV, @file, or - for standard input."
        )
    return body


def content_type_of(body: str) -> str:
    """JSON, JSON lines or CSV, by what the body is."""
    if not body.lstrip().startswith(("{", "[")):
        return CSV
    if _is_json(body):
        return JSON
    if all(_is_json(line) for line in body.splitlines() if line.strip()):
        return JSON_LINES
    raise OperatorError(
        f"The body starts like JSON but isn't: {body.strip()[:60]!r}. Quote it for the shell, for instance "
        """'{"instances": [{"features": [1, 2, 3, 4, 5]}]}', or give CSV such as 1,2,3,4,5."""
    )


def predict(platform: Platform, workload: Workload, body: str, *, as_is: bool = False) -> Prediction:
    """Ask the workload's endpoint.

    A JSON document in the workload's own language is translated, and the answer to it; any other body, and
    every one with `as_is`, is sent and answered as it stands: JSON for JSON, else as the workload's settings
    say.

    Raises:
        OperatorError: there is no endpoint, it isn't ready, or the body is refused.
    """
    content_type = content_type_of(body)
    document = json.loads(body) if content_type == JSON else None
    if as_is or content_type != JSON or not is_translatable(workload) or _is_of_the_container(document):
        accept = JSON if content_type == JSON else workload.inference.accept
        return _invoke(platform, workload, body, content_type, accept)
    translator = translator_of(platform, workload)
    encoded = translator.encode(document)
    answer = _invoke(platform, workload, encoded, workload.inference.content_type, workload.inference.accept)
    decoded = translator.decode(answer.body, document)
    return Prediction(JSON, json.dumps(decoded, indent=2, ensure_ascii=False))


def _is_of_the_container(document: object) -> bool:
    """Whether a JSON body has the form that SageMaker's algorithms take, so that it needs no translation."""
    return isinstance(document, dict) and "instances" in document


def _invoke(platform: Platform, workload: Workload, body: str, content_type: str, accept: str) -> Prediction:
    try:
        answer = platform.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=platform.endpoint(workload),
            ContentType=content_type,
            Accept=accept,
            Body=body.encode(),
        )
    except ClientError as error:
        explanation = _explain(error, platform, workload, content_type)
        if explanation is None:
            raise
        raise OperatorError(explanation) from error
    return Prediction(answer["ContentType"], answer["Body"].read().decode())


def _explain(error: ClientError, platform: Platform, workload: Workload, content_type: str) -> str | None:
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    if code == "ModelError":
        status = error.response.get("OriginalStatusCode", "an error")
        original = error.response.get("OriginalMessage") or message
        return f"{workload.name} refused the body, sent as {content_type}, with {status}: {original}"
    if code in ("ValidationError", "ValidationException"):
        if _TOO_LONG.search(message):
            command = platform.command(f"transform {workload.name} FILE")
            return f"The body is longer than an endpoint takes: `{command}` predicts from a whole file."
        return (
            f"{workload.name} can't answer: {message} `{platform.command('status')}` shows its endpoint, and "
            f"`{platform.command(f'endpoint on {workload.name}')}` switches on one that is off; "
            f"`{platform.command(f'train {workload.name} --wait')}` trains and deploys a model."
        )
    return None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
