"""Runs in the XGBoost image's environment, the baseline of xgboost_jobs: XGBoost, and pandas to read CSV.

`bare_xgboost.py train TRAIN.csv MODEL PARAMETERS`, the parameters being a JSON object with those of XGBoost
and `num_round`, or `bare_xgboost.py predict ROWS.csv MODEL ANSWERS.csv`.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost

step, data, model, last = sys.argv[1:]
rows = pd.read_csv(data, header=None, dtype=np.float32).to_numpy()
if step == "train":
    parameters = json.loads(last)
    rounds = int(parameters.pop("num_round"))
    matrix = xgboost.DMatrix(rows[:, 1:], rows[:, 0])
    xgboost.train(parameters, matrix, rounds, evals=[(matrix, "train")]).save_model(model)
else:
    answers = xgboost.Booster(model_file=model).predict(xgboost.DMatrix(rows))
    Path(last).write_text("".join(f"{answer}\n" for answer in answers))
