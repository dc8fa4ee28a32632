"""Generate quiz answers with structure that a nearest-neighbour model can learn.

Every mysfit has a favourite answer to each of the five questions. Of its visitors, three in five are
attentive: they give the favourite or something near it. The others answer at random. Because the
distribution is known, so is the accuracy that no model can exceed: `best_possible_accuracy`.

Python's standard library is all it needs: `python sample.py --output <folder>`.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import Counter
from collections.abc import Iterator
from itertools import product
from math import fsum, prod
from pathlib import Path
from typing import NamedTuple

FILE_NAME = "answers.csv"
HEADER = ("age", "occupation", "relaxing_activity", "colour", "extreme_sport", "mysfit")
ANSWERS = range(1, 9)
DEFAULT_ROWS = 20_000
DEFAULT_SEED = 1

ATTENTIVE_SHARE = 0.6
STEP_DECAY = 0.35
"""How many times as likely an attentive visitor's answer becomes with each step from the favourite."""


class Profile(NamedTuple):
    """What is typical of one mysfit's visitors."""

    popularity: float
    favourites: tuple[int, ...]


PROFILES = (
    Profile(0.12, (5, 2, 6, 1, 7)),  # Evangeline
    Profile(0.09, (1, 4, 3, 6, 2)),  # Pauly
    Profile(0.10, (7, 7, 1, 3, 6)),  # CoCo
    Profile(0.08, (4, 6, 8, 7, 4)),  # Gretta
    Profile(0.07, (8, 3, 4, 8, 1)),  # Hasla
    Profile(0.11, (2, 8, 5, 2, 8)),  # Snowflake
    Profile(0.06, (8, 5, 7, 4, 3)),  # Gary
    Profile(0.08, (8, 1, 2, 5, 5)),  # Nessi
    Profile(0.07, (6, 4, 8, 2, 2)),  # Atlantis
    Profile(0.09, (1, 1, 6, 7, 6)),  # Twilight Glitter
    Profile(0.08, (7, 6, 4, 5, 8)),  # Cole
    Profile(0.05, (3, 7, 2, 8, 4)),  # Rujin
)
"""Indexed by label."""


class Visitors(NamedTuple):
    """Visitors whose answers to the questions are independent draws from the same distributions."""

    label: int
    share: float
    answer_probabilities: tuple[tuple[float, ...], ...]


def generate(rows: int, seed: int) -> Iterator[tuple[int, ...]]:
    """Yield `rows` records in the order of HEADER; the same arguments give the same records."""
    draw = random.Random(seed)  # noqa: S311 - reproducible sample data, nothing secret
    groups = _visitor_groups()
    order = draw.choices(range(len(groups)), weights=[group.share for group in groups], k=rows)
    counts = Counter(order)
    records = [
        zip(
            *(
                draw.choices(ANSWERS, weights=probabilities, k=counts[index])
                for probabilities in group.answer_probabilities
            )
        )
        for index, group in enumerate(groups)
    ]
    for index in order:
        yield (*next(records[index]), groups[index].label)


def best_possible_accuracy() -> float:
    """Return the accuracy of the classifier that knows the distribution (the Bayes classifier).

    For each of the 8^5 ways to answer it names the mysfit that is most probable given the answers, so
    its accuracy is the sum, over those ways, of the largest joint probability.
    """
    groups = _visitor_groups()
    by_label = [[group for group in groups if group.label == label] for label in range(len(PROFILES))]
    joint = [
        [fsum(cell) for cell in zip(*(_joint_probabilities(group) for group in same_label))]
        for same_label in by_label
    ]
    return fsum(map(max, zip(*joint)))


def _visitor_groups() -> tuple[Visitors, ...]:
    at_random = ((1 / len(ANSWERS),) * len(ANSWERS),) * (len(HEADER) - 1)
    attentive = (
        Visitors(
            label,
            ATTENTIVE_SHARE * profile.popularity,
            tuple(_near(favourite) for favourite in profile.favourites),
        )
        for label, profile in enumerate(PROFILES)
    )
    others = (
        Visitors(label, (1 - ATTENTIVE_SHARE) * profile.popularity, at_random)
        for label, profile in enumerate(PROFILES)
    )
    return (*attentive, *others)


def _near(favourite: int) -> tuple[float, ...]:
    weights = [STEP_DECAY ** abs(answer - favourite) for answer in ANSWERS]
    total = fsum(weights)
    return tuple(weight / total for weight in weights)


def _joint_probabilities(group: Visitors) -> Iterator[float]:
    """Yield the probability of the group and each way to answer, in lexicographic order."""
    return (group.share * prod(answers) for answers in product(*group.answer_probabilities))


def write(folder: Path, rows: int, seed: int) -> Path:
    """Write `rows` records as `answers.csv` into `folder`, which is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(generate(rows, seed))
    return path


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Generate sample answers to the mysfit quiz.")
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("--output", type=Path, metavar="FOLDER", help=f"write {FILE_NAME} here")
    task.add_argument(
        "--best-possible", action="store_true", help="print the best accuracy any model can reach"
    )
    parser.add_argument("--rows", type=_positive, default=DEFAULT_ROWS, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="default: %(default)s")
    arguments = parser.parse_args()
    if arguments.best_possible:
        print(f"{best_possible_accuracy():.6f}")
    else:
        print(write(arguments.output, arguments.rows, arguments.seed))


if __name__ == "__main__":
    main()
