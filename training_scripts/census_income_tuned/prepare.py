"""Check the raw census files; write what the training script cross-validates on and what it is tested on.

As `census_income`'s, but the people to train on and to validate with are one set, since each fold of the
cross-validation holds out its own. They are written as `train/part-<n>.csv`: to several hosts, SageMaker
hands out whole files (ShardedByS3Key).
"""

from __future__ import annotations

import argparse
import sys

from library import adult
from library.adult_fields import ENCODER
from library.arguments import positive
from library.preparation import run


def prepare(arguments: argparse.Namespace) -> str:
    """Write the two sets and the encoder; return what was done, in words."""
    census = adult.Census(arguments.raw)
    shares = (1 - arguments.test_fraction, arguments.test_fraction)
    train, test = census.parts(arguments.split, shares, arguments.seed)
    for shard in range(arguments.shards):
        census.write(arguments.output / "train" / f"part-{shard}.csv", train[shard :: arguments.shards])
    census.write(arguments.output / "test" / "test.csv", test)
    ENCODER.write(arguments.output / "encoder")
    return f"{len(train)} people to train on in {arguments.shards} files, {len(test)} to test with"


def main() -> int:
    """Run as the processing job does; return the exit code."""
    parser = adult.parser("Check the census files and split them into train and test.")
    parser.add_argument("--shards", type=positive, default=4, help="files to train on, default: %(default)s")
    arguments = parser.parse_args()
    return run(lambda: prepare(arguments))


if __name__ == "__main__":
    sys.exit(main())
