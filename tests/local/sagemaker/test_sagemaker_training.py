"""Training jobs run, tell how they went, and fail as on AWS."""

import io
import tarfile
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import LocalAws, MakeRole, statement
from tests.local.sagemaker.workbench import END_SECONDS, HYPERPARAMETERS, KNN, SKLEARN, Workbench, csv, rows


def test_training_leaves_a_model_metrics_and_a_history(workbench: Workbench, name: str) -> None:
    # When
    job = workbench.train(name, Tags=[{"Key": "team", "Value": "quiz"}])

    # Then
    assert job["TrainingJobStatus"] == "Completed", job
    archive = workbench.read(f"models/{name}/output/model.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        assert "index.faiss" in packed.getnames()
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert metrics["test:accuracy"] > 0.9
    history = [transition["Status"] for transition in job["SecondaryStatusTransitions"]]
    assert history == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert job["BillableTimeInSeconds"] >= 1
    tags = workbench.sagemaker.list_tags(ResourceArn=job["TrainingJobArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "quiz"}]


def test_log_lines_reach_the_jobs_stream(local_aws: LocalAws, workbench: Workbench, name: str) -> None:
    # Given
    workbench.train(name)

    # When
    logs = local_aws.client("logs")
    group = "/aws/sagemaker/TrainingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/algo-1-")[
        "logStreams"
    ]
    events = logs.get_log_events(logGroupName=group, logStreamName=streams[0]["logStreamName"])["events"]

    # Then
    assert any("#quality_metric: host=algo-1, test accuracy <score>=" in event["message"] for event in events)


@pytest.mark.parametrize(
    "index",
    [
        {"index_type": "faiss.IVFFlat"},
        {"index_type": "faiss.IVFPQ", "faiss_index_pq_m": "2"},
        {"index_metric": "COSINE"},
        {"predictor_type": "regressor"},
    ],
    ids=str,
)
def test_index_types_and_predictors_train(workbench: Workbench, name: str, index: dict[str, str]) -> None:
    # When
    job = workbench.train(name, HyperParameters={**HYPERPARAMETERS, **index})

    # Then
    assert job["TrainingJobStatus"] == "Completed", job
    assert job["FinalMetricDataList"]


def test_the_same_input_gives_the_same_metrics(workbench: Workbench, name: str) -> None:
    # Given a sample smaller than the data
    sampled = {**HYPERPARAMETERS, "sample_size": "300"}

    # When
    jobs = [workbench.train(f"{name}-{turn}", HyperParameters=sampled) for turn in (1, 2)]

    # Then
    first, second = ([metric["Value"] for metric in job["FinalMetricDataList"]] for job in jobs)
    assert first == second


def test_bad_hyperparameters_are_the_users_fault(workbench: Workbench, name: str) -> None:
    # When
    job = workbench.train(name, HyperParameters={**HYPERPARAMETERS, "depth": "3"})

    # Then
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == (
        "ClientError: Unable to initialize the algorithm. Failed to validate user-provided hyperparameters. "
        "(caused by ValidationError)\n\n"
        "Caused by: Additional properties are not allowed ('depth' was unexpected), exit code: 2"
    )


def test_a_corrupt_line_is_named(workbench: Workbench, name: str) -> None:
    # Given
    lines = [*rows(10), "1,2.5,oops", *rows(5)]
    uri = workbench.put(f"bad/{name}/train.csv", csv(lines))

    # When
    job = workbench.train(name, InputDataConfig=[workbench.channel("train", uri)])

    # Then
    assert job["TrainingJobStatus"] == "Failed"
    assert "train.csv" in job["FailureReason"]
    assert "line 11: 'oops' is not a number" in job["FailureReason"]


def test_an_empty_prefix_fails_the_job(workbench: Workbench, name: str) -> None:
    # When
    nothing = workbench.channel("train", f"s3://{workbench.bucket}/nothing/")
    job = workbench.train(name, InputDataConfig=[nothing])

    # Then
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Data download failed: No objects found")


def test_an_empty_file_fails_the_job(workbench: Workbench, name: str) -> None:
    # Given
    uri = workbench.put(f"empty/{name}/train.csv", b"")

    # When
    job = workbench.train(name, InputDataConfig=[workbench.channel("train", uri)])

    # Then
    assert "ClientError: No data records were found in channel 'train'" in job["FailureReason"]


@pytest.mark.parametrize(
    ("missing", "said"),
    [("s3:ListBucket", "s3:ListBucket"), ("s3:GetObject", "s3:GetObject"), ("s3:PutObject", "s3:PutObject")],
)
def test_a_role_without_a_permission_fails_the_job(
    workbench: Workbench, make_role: MakeRole, name: str, missing: str, said: str
) -> None:
    # Given
    given = [action for action in ("s3:ListBucket", "s3:GetObject", "s3:PutObject") if action != missing]
    arn = f"arn:aws:s3:::{workbench.bucket}"
    role = make_role("sagemaker.amazonaws.com", statement(given, [arn, f"{arn}/*"]))

    # When
    job = workbench.train(name, RoleArn=role)

    # Then
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ")
    assert "AccessDenied" in job["FailureReason"]
    assert said in job["FailureReason"]


def test_a_role_that_may_not_write_logs_runs_the_job_without_any(
    local_aws: LocalAws, workbench: Workbench, make_role: MakeRole, name: str
) -> None:
    # Given
    arn = f"arn:aws:s3:::{workbench.bucket}"
    may = statement(["s3:ListBucket", "s3:GetObject", "s3:PutObject"], [arn, f"{arn}/*"])

    # When
    job = workbench.train(name, RoleArn=make_role("sagemaker.amazonaws.com", may))

    # Then
    assert job["TrainingJobStatus"] == "Completed"
    prefix = {"logGroupName": "/aws/sagemaker/TrainingJobs", "logStreamNamePrefix": f"{name}/"}
    assert local_aws.client("logs").describe_log_streams(**prefix)["logStreams"] == []


def test_manifest_and_gzip_channels(workbench: Workbench, name: str) -> None:
    # Given
    import gzip  # noqa: PLC0415

    workbench.put(f"packed/{name}/part.csv.gz", gzip.compress(csv(rows(100))))
    entries = f'[{{"prefix": "s3://{workbench.bucket}/packed/{name}/"}}, "part.csv.gz"]'
    manifest = workbench.put(f"packed/{name}/manifest.json", entries.encode())
    channel = workbench.channel("train", manifest, CompressionType="Gzip")
    channel["DataSource"]["S3DataSource"]["S3DataType"] = "ManifestFile"

    # When
    job = workbench.train(name, InputDataConfig=[channel])

    # Then
    assert job["TrainingJobStatus"] == "Completed", job


SCRIPT = """
import json, os, pathlib, sys, time
print("training", sys.argv[1:], flush=True)
assert os.environ["SM_CHANNEL_TRAIN"].endswith("/input/data/train"), os.environ["SM_CHANNEL_TRAIN"]
config = pathlib.Path(os.environ["SM_INPUT_DIR"], "config")
hyperparameters = json.loads((config / "hyperparameters.json").read_text())
print(f"loss=0.5\\nloss={hyperparameters['loss']}", flush=True)
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "report.txt").write_text("report")
if "--wait" in sys.argv:
    pathlib.Path(os.environ["SM_MODEL_DIR"], "checkpoint").write_text("half")
    print("waiting", flush=True)
    time.sleep(600)
if "--fail" in sys.argv:
    sys.exit("the script gave up")
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(os.environ["TRAINING_JOB_NAME"])
"""


def scripted(workbench: Workbench, *arguments: str) -> dict[str, Any]:
    """A training job that runs the script above, which lies in a channel of its own."""
    workbench.put("script/script.py", SCRIPT.encode())
    specification = {
        "TrainingImage": SKLEARN,
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/script.py"],
        "MetricDefinitions": [{"Name": "loss", "Regex": "loss=(\\S+)"}],
        **({"ContainerArguments": list(arguments)} if arguments else {}),
    }
    channels = [
        workbench.channel("train"),
        workbench.channel("code", f"s3://{workbench.bucket}/script/"),
    ]
    return {
        "AlgorithmSpecification": specification,
        "InputDataConfig": channels,
        "HyperParameters": {"loss": "0.25"},
    }


def test_a_script_of_ones_own(workbench: Workbench, name: str) -> None:
    # When
    job = workbench.train(name, **scripted(workbench, "--data", "/opt/ml/input/data/train"))

    # Then
    assert job["TrainingJobStatus"] == "Completed", job
    assert [(item["MetricName"], item["Value"]) for item in job["FinalMetricDataList"]] == [("loss", 0.25)]
    assert workbench.keys(f"models/{name}/output/") == [
        f"models/{name}/output/model.tar.gz",
        f"models/{name}/output/output.tar.gz",
    ]


def test_a_failing_script_says_why(workbench: Workbench, name: str) -> None:
    # When
    job = workbench.train(name, **scripted(workbench, "--fail"))

    # Then
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: the script gave up, exit code: 1"


def wait_until_logged(local_aws: LocalAws, name: str, text: str) -> None:
    """Wait until a training job's log has a line."""
    logs, group = local_aws.client("logs"), "/aws/sagemaker/TrainingJobs"
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
        for stream in streams:
            events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
            if any(event["message"] == text for event in events):
                return
        time.sleep(0.05)
    raise AssertionError(f"{name} has not logged {text}")


def test_a_stopped_job_keeps_what_it_has(local_aws: LocalAws, workbench: Workbench, name: str) -> None:
    # Given
    workbench.sagemaker.create_training_job(
        **workbench.training_request(name, **scripted(workbench, "--wait"))
    )
    wait_until_logged(local_aws, name, "waiting")

    # When
    workbench.sagemaker.stop_training_job(TrainingJobName=name)
    job = workbench.ended("TrainingJob", name)

    # Then
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    archive = workbench.read(f"models/{name}/output/model.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        assert packed.getnames() == ["checkpoint"]
    assert f"models/{name}/output/output.tar.gz" in workbench.keys(f"models/{name}/output/")
    with pytest.raises(
        ClientError, match="The request was rejected because the training job is in status Stopped"
    ):
        workbench.sagemaker.stop_training_job(TrainingJobName=name)


def test_a_job_ends_when_its_time_is_up(workbench: Workbench, name: str) -> None:
    # When
    job = workbench.train(name, **scripted(workbench, "--wait"), StoppingCondition={"MaxRuntimeInSeconds": 1})

    # Then
    assert job["TrainingJobStatus"] == "Stopped"
    assert job["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith(f"{name}/output/model.tar.gz")


def test_spot_capacity_is_billed_for_less(workbench: Workbench, name: str) -> None:
    # When
    job = workbench.train(
        name,
        **scripted(workbench),
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60},
    )

    # Then
    assert job["EnableManagedSpotTraining"] is True
    assert 1 <= job["BillableTimeInSeconds"] <= job["TrainingTimeInSeconds"]


@pytest.mark.parametrize(
    ("spot", "wait", "said"),
    [(True, None, "must be present"), (True, 599, "greater than or equal"), (False, 600, "only if")],
)
def test_the_waiting_time_is_spot_capacitys(
    workbench: Workbench, name: str, spot: bool, wait: int | None, said: str
) -> None:
    condition = {"MaxRuntimeInSeconds": 600, **({"MaxWaitTimeInSeconds": wait} if wait else {})}
    with pytest.raises(ClientError, match=said):
        workbench.train(name, EnableManagedSpotTraining=spot, StoppingCondition=condition)


def test_several_jobs_run_at_once(workbench: Workbench, name: str) -> None:
    # Given
    names = [f"{name}-{number}" for number in range(3)]
    waiting = scripted(workbench, "--wait")

    # When
    for job in names:
        workbench.sagemaker.create_training_job(**workbench.training_request(job, **waiting))

    # Then
    for job in names:
        workbench.described("TrainingJob", job, lambda found: bool(found["SecondaryStatus"] == "Training"))
        workbench.sagemaker.stop_training_job(TrainingJobName=job)


def test_built_in_metrics_cannot_be_redefined(workbench: Workbench, name: str) -> None:
    # Given
    specification = {
        "TrainingImage": KNN,
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "mine", "Regex": "(.*)"}],
    }

    # Then
    with pytest.raises(ClientError, match="can't override the metric definitions"):
        workbench.train(name, AlgorithmSpecification=specification)
