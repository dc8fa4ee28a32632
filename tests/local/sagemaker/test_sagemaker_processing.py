"""Processing jobs run a script on data from S3 and put back what it made."""

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.workbench import KNN, Workbench

COPY = """
import os, pathlib, sys
import numpy, pandas, sklearn
source, target = map(pathlib.Path, sys.argv[1:])
table = pandas.read_csv(next(source.glob("*.csv")), header=None)
(target / "train").mkdir()
table.to_csv(target / "train" / "train.csv", header=False, index=False)
(target / "name.txt").write_text(os.environ["PROCESSING_JOB_NAME"] + os.environ["MODE"])
"""
ARGUMENTS = ("/opt/ml/processing/input/raw", "/opt/ml/processing/output")


def test_outputs_are_uploaded_with_their_folders(workbench: Workbench, name: str) -> None:
    # When
    job = workbench.process(name, COPY, *ARGUMENTS, Environment={"MODE": "/opt/mlops"})

    # Then
    assert job["ProcessingJobStatus"] == "Completed", job
    prefix = f"processed/{name}"
    assert workbench.keys(prefix) == [f"{prefix}/name.txt", f"{prefix}/train/train.csv"]
    assert workbench.read(f"{prefix}/name.txt").decode() == f"{name}/opt/mlops"
    assert workbench.read(f"{prefix}/train/train.csv").count(b"\n") == 2000


def test_a_failing_script_is_quoted(workbench: Workbench, name: str) -> None:
    # When
    job = workbench.process(name, "raise ValueError('line 3 is not a number')")

    # Then
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: ValueError: line 3 is not a number, exit code: 1"
    assert workbench.keys(f"processed/{name}") == []


def test_the_exit_message_is_shown(workbench: Workbench, name: str) -> None:
    # Given
    script = "import sys; open(sys.argv[1], 'w').write('two rows dropped')"

    # When
    job = workbench.process(name, script, "/opt/ml/output/message")

    # Then
    assert job["ExitMessage"] == "two rows dropped"


def test_a_job_can_be_stopped(workbench: Workbench, name: str) -> None:
    # Given
    request = workbench.processing_request(name, "import time; print('busy', flush=True); time.sleep(600)")
    workbench.sagemaker.create_processing_job(**request)
    workbench.described("ProcessingJob", name, lambda job: "ProcessingStartTime" in job)

    # When
    workbench.sagemaker.stop_processing_job(ProcessingJobName=name)

    # Then
    assert workbench.ended("ProcessingJob", name)["ProcessingJobStatus"] == "Stopped"


def test_a_job_ends_when_its_time_is_up(workbench: Workbench, name: str) -> None:
    # When
    job = workbench.process(
        name, "import time; time.sleep(600)", StoppingCondition={"MaxRuntimeInSeconds": 1}
    )

    # Then
    assert job["ProcessingJobStatus"] == "Stopped"


def test_a_command_that_is_not_there(workbench: Workbench, name: str) -> None:
    # Given
    request = workbench.processing_request(name, "")
    request["AppSpecification"]["ContainerEntrypoint"] = ["no-such-command"]

    # When
    workbench.sagemaker.create_processing_job(**request)
    job = workbench.ended("ProcessingJob", name)

    # Then
    assert "no-such-command" in job["FailureReason"]
    assert job["FailureReason"].endswith("exit code: 127")


def test_an_image_without_a_folder_is_refused(workbench: Workbench, name: str) -> None:
    # Given
    request = workbench.processing_request(name, "")
    request["AppSpecification"]["ImageUri"] = KNN.replace("knn:1", "knn:2")

    # Then
    with pytest.raises(
        ClientError, match=r"There is no local image knn:2. There are: knn:1, .*sagemaker-scikit"
    ):
        workbench.sagemaker.create_processing_job(**request)


def test_paths_outside_of_the_container_are_refused(workbench: Workbench, name: str) -> None:
    # Given
    request = workbench.processing_request(name, "")
    request["ProcessingInputs"][1]["S3Input"]["LocalPath"] = "/opt/ml/processing/../../../etc"

    # Then
    with pytest.raises(ClientError, match="must be a path below /opt/ml/processing"):
        workbench.sagemaker.create_processing_job(**request)
