"""Runs in the k-NN image's environment: `bare_faiss.py MODEL_FOLDER BATCH.csv`, the baseline of knn_serving.

Each line on standard input asks for one search of the batch; the seconds it took go to standard output.
"""

import json
import sys
import time
from pathlib import Path

import faiss
import numpy as np

folder, batch = Path(sys.argv[1]), np.loadtxt(sys.argv[2], np.float32, delimiter=",")
neighbours = json.loads((folder / "settings.json").read_text())["k"]
index = faiss.read_index(str(folder / "index.faiss"))
for _ in sys.stdin:
    began = time.perf_counter()
    index.search(batch, neighbours)
    print(time.perf_counter() - began, flush=True)
