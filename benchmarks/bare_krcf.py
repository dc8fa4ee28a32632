"""Runs in the RCF image's environment: `bare_krcf.py MODEL_FOLDER BATCH.csv`, the baseline of rcf_scoring.

Each line on standard input asks for the scores of the batch; the seconds it took go to standard output.
"""

import sys
import time
from pathlib import Path

import krcf
import numpy as np

folder, batch = Path(sys.argv[1]), np.loadtxt(sys.argv[2], np.float32, delimiter=",")
forest = krcf.RandomCutForest.from_msgpack((folder / "forest.msgpack").read_bytes())
for _ in sys.stdin:
    began = time.perf_counter()
    for row in batch:
        forest.score(row)
    print(time.perf_counter() - began, flush=True)
