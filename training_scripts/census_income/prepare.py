"""Check the raw census files and split them into what XGBoost trains on, validates with, and is tested on.

Reads `adult.data` and `adult.test` from the raw data folder. Writes `train/train.csv`,
`validation/validation.csv` and `test/test.csv` into the output folder: the label first (1 is an income over
$50K), no header, as SageMaker's built-in algorithms read CSV; and `encoder/encoder.json`, which turns a
person's raw fields into such a row. A fault in the data ends the job with exit code 1 and one line on
standard error that says where the fault is and what is allowed there.
"""

from __future__ import annotations

import argparse
import sys

from library import adult
from library.adult_fields import ENCODER
from library.arguments import fraction
from library.preparation import run


def prepare(arguments: argparse.Namespace) -> str:
    """Write the three sets and the encoder; return what was done, in words."""
    census = adult.Census(arguments.raw)
    held_out = (arguments.validation_fraction, arguments.test_fraction)
    train, validation, test = census.parts(arguments.split, (1 - sum(held_out), *held_out), arguments.seed)
    census.write(arguments.output / "train" / "train.csv", train)
    census.write(arguments.output / "validation" / "validation.csv", validation)
    census.write(arguments.output / "test" / "test.csv", test)
    ENCODER.write(arguments.output / "encoder")
    return f"{len(train)} people to train on, {len(validation)} to validate with, {len(test)} to test with"


def main() -> int:
    """Run as the processing job does; return the exit code."""
    parser = adult.parser("Check the census files and split them in three.")
    parser.add_argument("--validation-fraction", type=fraction, default=0.2, help="default: %(default)s")
    arguments = parser.parse_args()
    if arguments.validation_fraction + arguments.test_fraction >= 1:
        parser.error("--validation-fraction and --test-fraction leave nobody to train on")
    return run(lambda: prepare(arguments))


if __name__ == "__main__":
    sys.exit(main())
