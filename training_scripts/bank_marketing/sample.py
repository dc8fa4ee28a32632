"""Generate calls in the format of the UCI Bank Marketing data set, whose answers a model can learn.

Whether a client subscribes is drawn from a logistic function of the outcome of the last campaign, how he is
called, the month, his job and age, and the interest rate, the strengths being about those of the real data.
Python's standard library is all it needs: `PYTHONPATH=training_scripts python sample.py --output <folder>`.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from math import exp
from pathlib import Path
from typing import Union

from library.arguments import of_sample, positive
from library.bank_fields import COLUMNS, NEVER_CALLED, NOT_SUBSCRIBED, SUBSCRIBED
from library.fields import Category

FILE_NAME = "bank-additional-full.csv"
DEFAULT_ROWS = 6_000
DEFAULT_SEED = 1

Value = Union[str, int, float]

_VALUES = {column.name: column.values for column in COLUMNS if isinstance(column, Category)}
_WEIGHTS = {
    "job": (25, 22, 3.5, 2.5, 7, 4, 3.5, 10, 2, 17, 2.5, 1),
    "marital": (11, 60, 28, 1),
    "education": (0.1, 10, 6, 15, 23, 13, 29, 4),
    "default": (79, 0.1, 20.9),
    "housing": (45, 53, 2),
    "loan": (82, 16, 2),
    "contact": (63, 37),
    "month": (0, 0, 2, 7, 32, 13, 17, 15, 2, 2, 9, 1),
    "day_of_week": (1, 1, 1, 1, 1),
}
_JOB_EFFECTS = {"student": 1.0, "retired": 0.8, "unemployed": 0.4, "blue-collar": -0.4, "services": -0.3}
_MONTH_EFFECTS = {"mar": 1.6, "sep": 1.3, "oct": 1.4, "dec": 1.4, "apr": 0.5, "may": -0.8}
_OUTCOME_EFFECTS = {"success": 2.8, "failure": 0.3}
_ECONOMIES = (
    (1.4, 93.918, -42.7, 4.96, 5228.1),
    (1.1, 93.994, -36.4, 4.857, 5191),
    (-0.1, 93.2, -42, 4.12, 5195.8),
    (-1.8, 92.893, -46.2, 1.3, 5099.1),
    (-2.9, 92.469, -33.6, 0.9, 5076.2),
)
"""Employment, prices, confidence, interest and jobs at five times."""
_ECONOMY_WEIGHTS = (39, 19, 9, 26, 7)
_INTERCEPT = -3.0


def generate(rows: int, seed: int) -> Iterator[list[Value]]:
    """Yield calls in the order of the columns; the same arguments give the same calls."""
    draw = random.Random(seed)  # noqa: S311 - reproducible sample data, nothing secret
    for _ in range(rows):
        yield _call(draw)


def _call(draw: random.Random) -> list[Value]:
    client = {name: draw.choices(_VALUES[name], weights=weights)[0] for name, weights in _WEIGHTS.items()}
    age = _age(draw, client["job"])
    outcome, pdays, previous = _last_campaign(draw)
    economy = draw.choices(_ECONOMIES, weights=_ECONOMY_WEIGHTS)[0]
    score = (
        _INTERCEPT
        + _JOB_EFFECTS.get(client["job"], 0)
        + _MONTH_EFFECTS.get(client["month"], 0)
        + _OUTCOME_EFFECTS.get(outcome, 0)
        + (0.7 if client["contact"] == "cellular" else -0.7)
        + 0.4 * (2 - economy[3])
        + 0.02 * abs(age - 40)
    )
    subscribes = draw.random() < 1 / (1 + exp(-score))
    duration = round(draw.expovariate(1 / (550 if subscribes else 220)))
    return [
        age,
        *client.values(),
        duration,
        min(1 + int(draw.expovariate(0.6)), 40),
        pdays,
        previous,
        outcome,
        *economy,
        SUBSCRIBED if subscribes else NOT_SUBSCRIBED,
    ]


def _age(draw: random.Random, job: str) -> int:
    if job == "student":
        return draw.randint(18, 30)
    if job == "retired":
        return draw.randint(55, 88)
    return min(20 + int(draw.gammavariate(3, 6)), 65)


def _last_campaign(draw: random.Random) -> tuple[str, int, int]:
    """Return its outcome, the days since its last call, and how many calls there were."""
    outcome = draw.choices(("nonexistent", "failure", "success"), weights=(82, 12, 6))[0]
    if outcome == "nonexistent":
        return outcome, NEVER_CALLED, 0
    called = outcome == "success" or draw.random() < 0.1
    return outcome, draw.randint(1, 20) if called else NEVER_CALLED, draw.randint(1, 4)


def write(folder: Path, rows: int, seed: int) -> Path:
    """Write calls as the source has them: words in quotes, Windows line ends."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    with path.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow([column.name for column in COLUMNS])
        writer.writerows(generate(rows, seed))
    return path


def main() -> None:
    """Run from the command line."""
    parser = of_sample("Generate calls as the UCI Bank Marketing data set has them.", DEFAULT_SEED)
    parser.add_argument("--rows", type=positive, default=DEFAULT_ROWS, help="default: %(default)s")
    arguments = parser.parse_args()
    print(write(arguments.output, arguments.rows, arguments.seed))


if __name__ == "__main__":
    main()
