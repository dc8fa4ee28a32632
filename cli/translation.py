"""A workload's own language: its inference.py turns what people write into request bodies.

It has `encode(document, serving)` and, for the answers, `decode(body, document, serving)`.
`serving` is the serving.json of the served model's run: the encoding must be the one that the
model was trained with.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from cli import registry, status
from cli.artifacts import RunArtifacts
from cli.errors import OperatorError
from cli.platform import Platform
from cli.registry import ModelPackage
from settings.inference_script import has_inference, load_inference
from settings.workload import Workload


def is_translatable(workload: Workload) -> bool:
    """Whether the workload has a language of its own."""
    return has_inference(workload.folder)


@dataclass(frozen=True)
class Translator:
    """The workload's language as the model package that is served understands it."""

    workload: Workload
    package: ModelPackage
    serving: Mapping[str, Any]
    script: ModuleType

    def encode(self, document: object) -> str:
        """The request body for a document.

        Raises:
            OperatorError: the document is wrong; the text says where, and what would be right.
        """
        with self._explained():
            return str(self.script.encode(document, self.serving))

    def decode(self, body: str, document: object) -> object:
        """The answer to the document as a JSON value; raises as `encode` does."""
        with self._explained():
            answer: object = self.script.decode(body, document, self.serving)
            return answer

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise OperatorError(f"{self.workload.name}: {error}") from error


def translator_of(platform: Platform, workload: Workload) -> Translator:
    """The translator for the model that the workload's endpoint serves.

    Raises:
        OperatorError: nothing is served, or what is served left no serving.json.
    """
    package = served_package(platform, workload)
    again = (
        f"{workload.name} lacks its encoding: deploy another with `{platform.command('approve PACKAGE')}`."
    )
    serving = RunArtifacts(platform, package).document("evaluation/serving.json", lacking=f"of {again}")
    return Translator(workload, package, serving, load_inference(workload.folder))


def served_package(platform: Platform, workload: Workload) -> ModelPackage:
    """The model package that the workload's endpoint serves.

    Raises:
        OperatorError: there is no endpoint, or its deployment hasn't recorded a package.
    """
    endpoint = status.endpoint_of(platform, workload)
    if endpoint is None or endpoint.serves is None:
        raise OperatorError(
            f"{workload.name} has no endpoint that serves a model: `{platform.command('status')}` shows how "
            f"it stands; `{platform.command(f'train {workload.name} --wait')}` trains and deploys a model."
        )
    return registry.describe(platform, endpoint.serves)
