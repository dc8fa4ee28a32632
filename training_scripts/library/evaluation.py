"""What every evaluation job does around its metrics: finds what it is given, writes its four files.

- `evaluation.json`: the metrics,
- `sample.json`: the first record of the test set and the answer to it, for trying a new endpoint,
- `serving.json`: what `inference.py` needs,
- `report.html`: all of it for people.

A fault in the files ends the job with exit code 1 and one line on standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from library import arguments, result_files
from library.report.page import Page
from library.result_files import PREDICTIONS_FILE_NAME, TEST_FILE_NAME, InvalidResultsError
from library.run_documents import RunDocuments

CSV = "text/csv"
ENCODER_FILE_NAME = "encoder.json"


class Evaluation:
    """The test set, its predictions, what goes with them, and where the job's files go."""

    def __init__(self, folders: argparse.Namespace) -> None:
        self.test: Path = folders.test / TEST_FILE_NAME
        self.predictions: Path = folders.predictions / PREDICTIONS_FILE_NAME
        self.encoder = _encoder(folders.encoder)
        self.run = RunDocuments(folders.run)
        self._output: Path = folders.output

    def write(
        self, metrics: object, serving: object, page: Page, *, accept: str = CSV, answer: str | None = None
    ) -> None:
        """Write the four files.

        `accept` is the media type that an endpoint is asked for, `answer` what it must answer to the first
        record; without one, the first line of the predictions.
        """
        sample = result_files.sample(self.test, self.predictions, content_type=CSV, accept=accept)
        if answer is not None:
            sample["expected"] = answer
        self._output.mkdir(parents=True, exist_ok=True)
        for name, content in (("evaluation", metrics), ("sample", sample), ("serving", serving)):
            text = json.dumps(content, indent=2) + "\n"
            (self._output / f"{name}.json").write_text(text, encoding="utf-8")
        page.write(self._output / "report.html")


def run(evaluate: Callable[[Evaluation], str]) -> int:
    """Run as the processing job does: print what `evaluate` says, or what is wrong; return the exit code."""
    folders = arguments.of_evaluation().parse_args()
    try:
        print(evaluate(Evaluation(folders)))
    except InvalidResultsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _encoder(folder: Path) -> dict[str, Any]:
    path = folder / ENCODER_FILE_NAME
    if not path.is_file():
        raise InvalidResultsError(f"{path.name} is missing in {folder}")
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
