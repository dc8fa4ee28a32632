"""A script of the user's in the XGBoost image: trained, measured, served; and how it fails."""

import json
from typing import Any

import pytest

from tests.local.sagemaker.workbench import Workbench, csv, rows

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
REGEX = r".*\[[0-9]+\].*#011validation-auc:(\S+)"
SCRIPT = """
import argparse, os, shutil, sys
import numpy as np
import xgboost
from shared.reading import read

def train():
    parser = argparse.ArgumentParser()
    parser.add_argument("--max_depth", type=int)
    parser.add_argument("--eta", type=float)
    given = parser.parse_args()
    if given.max_depth > 20:
        raise ValueError(f"max_depth {given.max_depth} is too deep")
    labels, features = read(os.environ["SM_CHANNEL_TRAIN"])
    data = xgboost.DMatrix(features, labels)
    parameters = {"objective": "binary:logistic", "eval_metric": ["error", "auc"], "eta": given.eta}
    booster = xgboost.train(parameters, data, 5, evals=[(data, "train"), (data, "validation")])
    booster.save_model(os.path.join(os.environ["SM_MODEL_DIR"], "mine.json"))
    shutil.copytree(os.path.dirname(os.path.abspath(__file__)), os.environ["SM_MODEL_DIR"] + "/code")

def model_fn(model_dir):
    return xgboost.Booster(model_file=os.path.join(model_dir, "mine.json"))

if __name__ == "__main__":
    train()
"""
OWN_FORMATS = """
import json
import numpy as np

def input_fn(body, content_type):
    return xgboost.DMatrix(np.array([json.loads(body)["row"]]))

def output_fn(prediction, accept):
    return json.dumps({"sure": bool(prediction[0] > 0.5)}), "application/json"
"""
READING = """
import glob
import numpy as np

def read(folder):
    table = np.vstack([np.loadtxt(path, delimiter=",") for path in sorted(glob.glob(folder + "/*.csv"))])
    return table[:, 0], table[:, 1:]
"""


def _train(workbench: Workbench, name: str, script: str = SCRIPT, **values: str) -> dict[str, Any]:
    workbench.put(f"scripts/{name}/train.py", script.encode())
    workbench.put(f"scripts/{name}/shared/reading.py", READING.encode())
    workbench.put(f"scripts/{name}-data/train.csv", csv(rows(300)))
    root = f"s3://{workbench.bucket}/scripts/{name}"
    definitions = [{"Name": "validation:auc", "Regex": REGEX}]
    return workbench.train(
        name,
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": definitions,
        },
        HyperParameters={
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": "/opt/ml/input/data/code",
            "max_depth": "3",
            "eta": "0.3",
            **values,
        },
        InputDataConfig=[
            workbench.channel("train", f"{root}-data/"),
            workbench.channel("code", f"{root}/"),
        ],
        EnableNetworkIsolation=True,
    )


def _endpoint(workbench: Workbench, name: str, job: dict[str, Any]) -> str:
    environment = {"SAGEMAKER_PROGRAM": "train.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    data = job["ModelArtifacts"]["S3ModelArtifacts"]
    workbench.make_model(name, data, Image=IMAGE, Environment=environment)
    served = workbench.serve(name, workbench.make_config(name, name))
    assert served["EndpointStatus"] == "InService", served
    return name


def test_a_script_is_trained_measured_and_served(workbench: Workbench, name: str) -> None:
    # When
    job = _train(workbench, name)
    # Then its metric is read by the job's own regular expression
    assert job["TrainingJobStatus"] == "Completed", job
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert metrics["validation:auc"] > 0.9
    # And its model answers in the container's formats
    endpoint = _endpoint(workbench, name, job)
    lines = workbench.invoke(endpoint, b"9,1\n1,9\n").decode().splitlines()
    assert [float(line) > 0.5 for line in lines] == [True, False]
    scores = json.loads(workbench.invoke(endpoint, b"9,1\n1,9\n", Accept="application/json"))
    assert scores == pytest.approx([float(line) for line in lines])


def test_a_script_has_its_own_formats(workbench: Workbench, name: str) -> None:
    # Given
    job = _train(workbench, name, SCRIPT.replace("\ndef train", f"{OWN_FORMATS}\ndef train"))
    endpoint = _endpoint(workbench, name, job)
    # When
    answer = workbench.invoke(endpoint, b'{"row": [9, 1]}', ContentType="application/json")
    # Then
    assert json.loads(answer) == {"sure": True}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"max_depth": "21"}, "ValueError: max_depth 21 is too deep"),
        ({"maximum": "1"}, "unrecognized arguments: --maximum 1"),
        (
            {"sagemaker_program": "other.py"},
            "no 'other.py' in its folder, which holds shared, train.py",
        ),
    ],
)
def test_a_failing_script_tells_why(
    workbench: Workbench, name: str, values: dict[str, str], reason: str
) -> None:
    job = _train(workbench, name, **values)
    assert job["TrainingJobStatus"] == "Failed"
    assert reason in job["FailureReason"]
