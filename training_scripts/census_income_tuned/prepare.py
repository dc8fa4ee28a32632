"""Check the raw census files; write what the training script cross-validates on and what it is tested on.

As `census_income`'s, but the people to train on and to validate with are one set, since each fold of the
cross-validation holds out its own. They are written as `train/part-<n>.csv`: to several hosts, SageMaker
hands out whole files (ShardedByS3Key).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from library import adult
from library.adult_fields import ENCODER
from library.arguments import fraction, positive, seed
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
    parser = argparse.ArgumentParser(description="Check the census files; split them into train and test.")
    parser.add_argument(
        "--raw", type=Path, required=True, metavar="FOLDER", help=f"holds {adult.DATA} and {adult.TEST}"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    parser.add_argument(
        "--split", choices=adult.SPLITS, default=adult.STRATIFIED, help="default: %(default)s"
    )
    parser.add_argument("--test-fraction", type=fraction, default=0.1, help="default: %(default)s")
    parser.add_argument("--shards", type=positive, default=4, help="files to train on, default: %(default)s")
    parser.add_argument("--seed", type=seed, default=42, help="default: %(default)s")
    arguments = parser.parse_args()
    return run(lambda: prepare(arguments))


if __name__ == "__main__":
    sys.exit(main())
