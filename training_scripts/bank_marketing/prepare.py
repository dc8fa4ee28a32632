"""Check the bank's raw calls and split them into what XGBoost trains on and is tested on.

Reads `bank-additional-full.csv` from the raw data folder. Writes `train/train.csv` and `test/test.csv` into
the output folder: the label first (1 is a client who subscribed), no header, as SageMaker's built-in
algorithms read CSV; and `encoder/encoder.json`, which turns a call's raw fields into such a row. A fault in
the data ends the job with exit code 1 and one line on standard error that says where the fault is and what is
allowed there.

The duration of a call is known when it is over, and so is the answer: it is dropped. The five economic
columns are the same for all calls of a time: they tell when was called rather than who, and each prediction
would need them of its own time. They are dropped unless `--keep-economic-columns true`.
"""

from __future__ import annotations

import argparse
import sys

from library import preparation, table
from library.arguments import add_seed, fraction, of_preparation
from library.bank_fields import ANSWER, COLUMNS, SUBSCRIBED, encoder_of
from library.splitting import shuffled
from library.table import Layout

FILE_NAME = "bank-additional-full.csv"
LAYOUT = Layout(delimiter=";")


def prepare(arguments: argparse.Namespace) -> str:
    """Write the two sets and the encoder; return what was done, in words."""
    encoder = encoder_of(keep_economic_columns=arguments.keep_economic_columns == "true")
    records = table.read(arguments.raw, FILE_NAME, COLUMNS, LAYOUT)
    preparation.check(records, FILE_NAME, ANSWER, encoder)
    train, test = shuffled(len(records), 1 - arguments.test_fraction, arguments.seed)
    for name, rows in (("train", train), ("test", test)):
        path = arguments.output / name / f"{name}.csv"
        preparation.write(path, records, rows, ANSWER, encoder, positive=SUBSCRIBED)
    encoder.write(arguments.output / "encoder")
    return f"{len(train)} calls to train on, {len(test)} to test with"


def main() -> int:
    """Run as the processing job does; return the exit code."""
    parser = of_preparation("Check the bank's calls and split them into train and test.", [FILE_NAME])
    parser.add_argument(
        "--keep-economic-columns", choices=("true", "false"), default="false", help="default: %(default)s"
    )
    parser.add_argument("--test-fraction", type=fraction, default=0.3, help="default: %(default)s")
    add_seed(parser, 1729)
    arguments = parser.parse_args()
    return preparation.run(lambda: prepare(arguments))


if __name__ == "__main__":
    sys.exit(main())
