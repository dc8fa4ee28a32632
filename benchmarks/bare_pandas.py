"""Runs in the scikit-learn image's environment: `bare_pandas.py FOLDER OUTPUT`, the baseline of preparation.

Reads adult.data and adult.test, makes a column of each word, and writes a tenth for tests: what a notebook
does, without a check of anything.
"""

import sys
from pathlib import Path

import pandas as pd

raw, output = Path(sys.argv[1]), Path(sys.argv[2])
data = pd.read_csv(raw / "adult.data", header=None, skipinitialspace=True)
test = pd.read_csv(raw / "adult.test", header=None, skipinitialspace=True, skiprows=1)
people = pd.concat([data, test], ignore_index=True)
people.insert(0, "label", people.pop(14).str.startswith(">").astype(int))
rows = pd.get_dummies(people, dtype=int).sample(frac=1, random_state=42)
rows[len(rows) // 10 :].to_csv(output / "train.csv", header=False, index=False)
rows[: len(rows) // 10].to_csv(output / "test.csv", header=False, index=False)
