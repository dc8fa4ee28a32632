"""A rule's processing job: reads what the hook has saved, and writes the rule's report."""

import argparse
import sys
from pathlib import Path

from local_aws.images.algorithms.debugger_rules.report import render
from local_aws.images.algorithms.debugger_rules.tensors import Tensors

_RULE = "CreateXgboostReport"
_FILE = "xgboost_report.html"


def main() -> int:
    """Run as the processing job does; return the exit code."""
    parser = argparse.ArgumentParser(description="Evaluate a rule of Debugger's.")
    parser.add_argument("--rule", choices=[_RULE], required=True)
    parser.add_argument("--tensors", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--job", required=True, metavar="NAME", help="the training job's name")
    arguments = parser.parse_args()
    page = render(Tensors(arguments.tensors), arguments.job)
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / _FILE).write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
