"""What several scripts take on the command line. Uses the standard library only."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def of_preparation(description: str, files: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser of where the raw `files` are and where to write."""
    parser = argparse.ArgumentParser(description=description)
    _add_folder(parser, "raw", f"holds {' and '.join(files)}")
    _add_folder(parser, "output")
    return parser


def of_sample(description: str, default_seed: int) -> argparse.ArgumentParser:
    """Return a parser of where to write, and what the generator of random numbers starts from."""
    parser = argparse.ArgumentParser(description=description)
    _add_folder(parser, "output")
    add_seed(parser, default_seed)
    return parser


def of_evaluation() -> argparse.ArgumentParser:
    """Return a parser of where the results are, what goes with them, and where to write."""
    parser = argparse.ArgumentParser(description="Measure the predictions for the test set.")
    _add_folder(parser, "test", "holds test.csv")
    _add_folder(parser, "predictions", "holds test.csv.out")
    _add_folder(parser, "encoder", "holds encoder.json")
    _add_folder(parser, "run", "holds what the run has left so far")
    _add_folder(parser, "output")
    return parser


def add_seed(parser: argparse.ArgumentParser, default: int) -> None:
    """Add what a generator of random numbers starts from."""
    parser.add_argument("--seed", type=seed, default=default, help="default: %(default)s")


def _add_folder(parser: argparse.ArgumentParser, name: str, text: str | None = None) -> None:
    parser.add_argument(f"--{name}", type=Path, required=True, metavar="FOLDER", help=text)


def fraction(text: str) -> float:
    """Read a share of records."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return value


def positive(text: str) -> int:
    """Read a number of records."""
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def seed(text: str) -> int:
    """Read what a generator of random numbers starts from, as NumPy takes it."""
    if not text.isascii() or not text.isdigit() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 4294967295")
    return int(text)
