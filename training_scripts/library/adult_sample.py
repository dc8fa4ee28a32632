"""Generates people in the format of the UCI Adult data set, whose incomes a model can learn.

Whether somebody earns over $50K is drawn from a logistic function of age, education, hours, marriage,
occupation, sex and capital gains, the strengths being about those of the real data. Other fields are noise or
follow from these. Python's standard library is all it needs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import exp
from pathlib import Path

from library.adult_fields import ENCODER, OVER_50K, UNKNOWN, UP_TO_50K
from library.arguments import of_sample, positive
from library.fields import Category

DATA_ROWS = 4_000
TEST_ROWS = 2_000
DEFAULT_SEED = 1
UNKNOWN_SHARE = 0.05
STEEPNESS = 1.6
"""How surely the score decides; the larger, the better a model can become."""

_CATEGORIES = {field.name: field.values for field in ENCODER.fields if isinstance(field, Category)}
_WORKCLASS_WEIGHTS = (3, 6.5, 0.2, 70, 3.5, 8, 4, 0.3)
_EDUCATION_WEIGHTS = (0.2, 0.5, 1, 2, 1.5, 3, 3.5, 1.5, 32, 22, 4, 3.5, 16.5, 5, 2, 1.3)
_UNMARRIED = ("Never-married", "Divorced", "Separated", "Widowed", "Married-spouse-absent")
_UNMARRIED_WEIGHTS = (62, 26, 6, 5, 1)
_UNMARRIED_RELATIONS = ("Not-in-family", "Own-child", "Unmarried", "Other-relative")
_RACE_WEIGHTS = (1, 3, 9.5, 1, 85.5)
_SKILLED = {"Exec-managerial": 1.1, "Prof-specialty": 0.8, "Tech-support": 0.6, "Sales": 0.3}
_UNSKILLED = {
    "Farming-fishing": -1.0,
    "Handlers-cleaners": -0.8,
    "Other-service": -1.0,
    "Priv-house-serv": -1.5,
}
_RARE = ("Armed-Forces", "Priv-house-serv")
_OCCUPATION_EFFECTS = {**_SKILLED, **_UNSKILLED}
_INTERCEPT = -3.6


def write(folder: Path, rows: tuple[int, int], seed: int) -> list[Path]:
    """Write `adult.data` and `adult.test` as the source has them; the same arguments give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)  # noqa: S311 - reproducible sample data, nothing secret
    data, test = folder / "adult.data", folder / "adult.test"
    with data.open("w", encoding="ascii", newline="") as file:
        file.writelines(f"{', '.join(person)}\n" for person in people(rows[0], draw))
        file.write("\n")
    with test.open("w", encoding="ascii", newline="") as file:
        file.write("|1x3 Cross validator\n")
        file.writelines(f"{', '.join(person)}.\n" for person in people(rows[1], draw))
        file.write("\n")
    return [data, test]


def people(count: int, draw: random.Random) -> Iterator[list[str]]:
    """Yield the fields of people, the income last."""
    for _ in range(count):
        yield _person(draw)


def _person(draw: random.Random) -> list[str]:
    age = min(17 + int(draw.gammavariate(2.4, 9)), 90)
    schooling = draw.choices(range(1, 17), weights=_EDUCATION_WEIGHTS)[0]
    sex = "Male" if draw.random() < 0.67 else "Female"
    married = draw.random() < (0.08 if age < 24 else 0.64 if sex == "Male" else 0.2)
    occupation = draw.choices(_CATEGORIES["occupation"], weights=_occupation_weights(schooling))[0]
    hours = max(1, min(99, round(draw.gauss(42 if married else 39, 10))))
    gain = draw.choice((2174, 3103, 5178, 7298, 7688, 15024)) if draw.random() < 0.08 else 0
    loss = draw.choice((1485, 1602, 1887, 1902, 1977)) if gain == 0 and draw.random() < 0.05 else 0
    score = (
        _INTERCEPT
        + 0.35 * (schooling - 10)
        + 2.4 * married
        + 0.03 * (hours - 40)
        + 0.05 * min(age - 38, 15)
        + 0.25 * (sex == "Male")
        + 0.0004 * gain
        + 0.0006 * loss
        + _OCCUPATION_EFFECTS.get(occupation, 0)
    )
    income = OVER_50K if draw.random() < 1 / (1 + exp(-STEEPNESS * score)) else UP_TO_50K
    marital_status, relationship = _family(draw, sex, married=married)
    return [
        str(age),
        _or_unknown(draw, draw.choices(_CATEGORIES["workclass"], weights=_WORKCLASS_WEIGHTS)[0]),
        str(draw.randint(12_285, 500_000)),
        _CATEGORIES["education"][schooling - 1],
        str(schooling),
        marital_status,
        _or_unknown(draw, occupation),
        relationship,
        draw.choices(_CATEGORIES["race"], weights=_RACE_WEIGHTS)[0],
        sex,
        str(gain),
        str(loss),
        str(hours),
        _native_country(draw),
        income,
    ]


def _occupation_weights(schooling: int) -> list[float]:
    """How likely each occupation is: who went to school for longer is more often in a skilled one."""
    return [
        max(schooling - 6, 1) if name in _SKILLED else max(16 - schooling, 1) * (0.1 if name in _RARE else 1)
        for name in _CATEGORIES["occupation"]
    ]


def _family(draw: random.Random, sex: str, *, married: bool) -> tuple[str, str]:
    """Return marital status and relationship."""
    if married:
        status = "Married-civ-spouse" if draw.random() < 0.99 else "Married-AF-spouse"
        return status, "Husband" if sex == "Male" else "Wife"
    return draw.choices(_UNMARRIED, weights=_UNMARRIED_WEIGHTS)[0], draw.choice(_UNMARRIED_RELATIONS)


def _native_country(draw: random.Random) -> str:
    if draw.random() < 0.9:
        return "United-States"
    return _or_unknown(draw, draw.choice(_CATEGORIES["native_country"]))


def _or_unknown(draw: random.Random, value: str) -> str:
    return UNKNOWN if draw.random() < UNKNOWN_SHARE else value


def run() -> None:
    """Run from the command line."""
    parser = of_sample("Generate people in the format of the UCI Adult data set.", DEFAULT_SEED)
    parser.add_argument("--data-rows", type=positive, default=DATA_ROWS, help="default: %(default)s")
    parser.add_argument("--test-rows", type=positive, default=TEST_ROWS, help="default: %(default)s")
    arguments = parser.parse_args()
    for path in write(arguments.output, (arguments.data_rows, arguments.test_rows), arguments.seed):
        print(path)
