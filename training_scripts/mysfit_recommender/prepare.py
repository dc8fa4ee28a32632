"""Check the raw quiz answers and split them into what the k-NN algorithm trains and is tested on.

Reads `answers.csv` from the raw data folder. Writes `train/train.csv` and `test/test.csv` into the output
folder: the label first, no header, as SageMaker's built-in algorithms read CSV
(https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-training.html); and `encoder/encoder.json`, which names
the columns. A fault in the data ends the job with exit code 1 and one line on standard error that says where
the fault is and what is allowed there.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from library import preparation, table
from library.arguments import add_seed, fraction, of_preparation
from library.fields import Category
from library.quiz_fields import ENCODER, LABEL
from library.splitting import stratified
from library.table import Layout

FILE_NAME = "answers.csv"
CATALOGUE = Path(__file__).with_name("catalogue.json")


def prepare(arguments: argparse.Namespace) -> str:
    """Write the two sets and the encoder; return what was done, in words."""
    labels = range(len(json.loads(CATALOGUE.read_text(encoding="utf-8"))))
    mysfit = Category(LABEL, tuple(map(str, labels)))
    records = table.read(arguments.raw, FILE_NAME, (*ENCODER.fields, mysfit), Layout())
    preparation.check(records, FILE_NAME, mysfit, ENCODER)
    shares = (1 - arguments.test_fraction, arguments.test_fraction)
    train, test = stratified(records.columns[LABEL], shares, arguments.seed)
    for name, rows in (("train", train), ("test", test)):
        preparation.write(arguments.output / name / f"{name}.csv", records, rows, mysfit, ENCODER)
    ENCODER.write(arguments.output / "encoder")
    return f"{len(train)} records to train on, {len(test)} to test with"


def main() -> int:
    """Run as the processing job does; return the exit code."""
    parser = of_preparation("Check the quiz answers and split them into train and test.", [FILE_NAME])
    parser.add_argument("--test-fraction", type=fraction, default=0.1, help="default: %(default)s")
    add_seed(parser, 42)
    arguments = parser.parse_args()
    return preparation.run(lambda: prepare(arguments))


if __name__ == "__main__":
    sys.exit(main())
