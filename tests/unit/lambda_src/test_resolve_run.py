import hashlib
import importlib
import io
import json
from typing import Any

import pytest
from botocore.stub import Stubber

from resolve_run.run import Buckets, InvalidExecutionInput, resolve, run_id

ARN = "arn:aws:states:us-east-1:000000000000:execution:MysfitRecommender:one"
SHA256 = "ab" * 32


def workload() -> dict[str, Any]:
    return {
        "name": "mysfit_recommender",
        "resource_name": "dev-mysfit-recommender",
        "algorithm": "knn",
        "script": False,
        "tuned": [],
        "hyperparameters": {
            "feature_dim": "5",
            "k": "10",
            "predictor_type": "classifier",
            "sample_size": "20000",
        },
        "files": [{"name": "answers.csv", "source": "https://example.com/answers.csv", "sha256": SHA256}],
        "instances": {
            "preparation": {"instance_type": "ml.m5.large", "instance_count": 1, "volume_gb": 30},
            "training": {
                "instance_type": "ml.m5.2xlarge",
                "instance_count": 1,
                "volume_gb": 30,
                "max_runtime_minutes": 60,
            },
            "transform": {"instance_type": "ml.m5.large", "instance_count": 1},
            "evaluation": {"instance_type": "ml.m5.large", "instance_count": 1, "volume_gb": 30},
        },
    }


def refusal(overrides: object) -> str:
    with pytest.raises(InvalidExecutionInput) as refused:
        resolve(workload(), overrides, ARN)
    return str(refused.value)


def test_without_overrides_a_run_has_the_workloads_settings() -> None:
    run = resolve(workload(), {}, ARN)

    result = run.result(Buckets(data="data", artifacts="artifacts"))

    run_id = hashlib.sha256(ARN.encode()).hexdigest()[:12]
    assert result == {
        "id": run_id,
        "name": f"dev-mysfit-recommender-{run_id}",
        "hyperparameters": workload()["hyperparameters"],
        "files": workload()["files"],
        "instances": workload()["instances"],
        "processed_uri": f"s3://data/processed/mysfit_recommender/{run_id}/",
        "artifacts_uri": f"s3://artifacts/runs/mysfit_recommender/{run_id}/",
    }


def test_overrides_change_what_they_name_and_nothing_else() -> None:
    run = resolve(
        workload(),
        {
            "hyperparameters": {"k": 20, "sample_size": 5000.0, "index_type": "faiss.Flat"},
            "instances": {"training": {"instance_type": "ml.c5.xlarge", "volume_gb": 50}},
            "sources": {"answers.csv": {"uri": "s3://bucket/my answers.csv", "sha256": SHA256.upper()}},
        },
        ARN,
    )

    assert run.hyperparameters == {
        "feature_dim": "5",
        "k": "20",
        "predictor_type": "classifier",
        "sample_size": "5000",
        "index_type": "faiss.Flat",
    }
    assert run.instances["training"] == {
        "instance_type": "ml.c5.xlarge",
        "instance_count": 1,
        "volume_gb": 50,
        "max_runtime_minutes": 60,
    }
    assert run.instances["transform"] == workload()["instances"]["transform"]
    assert run.files == [{"name": "answers.csv", "source": "s3://bucket/my answers.csv", "sha256": SHA256}]


def test_a_file_may_be_declared_without_source_and_checksum() -> None:
    declared = {**workload(), "files": [{"name": "answers.csv"}]}

    run = resolve(declared, {}, ARN)

    assert run.files == [{"name": "answers.csv", "source": None, "sha256": None}]


def test_another_source_does_not_keep_the_declared_checksum() -> None:
    run = resolve(workload(), {"sources": {"answers.csv": {"uri": "https://example.org/a.zip"}}}, ARN)

    assert run.files == [{"name": "answers.csv", "source": "https://example.org/a.zip", "sha256": None}]


def test_an_execution_has_one_run_id_and_two_have_two() -> None:
    assert run_id(ARN) == run_id(ARN)
    assert run_id(ARN) != run_id(ARN + "2")
    assert len(run_id(ARN)) == 12


def test_every_fault_is_listed_at_once() -> None:
    text = refusal(
        {
            "Comment": "Insert your JSON here",
            "hyperparameters": {"k": 0, "unheard_of": "1", "sample_size": [1]},
            "sources": {
                "other.csv": {"uri": "s3://b/k"},
                "answers.csv": {"uri": "ftp://x/y", "sha256": "zz"},
            },
            "instances": {
                "training": {"instance_type": "ml.m5.enormous", "instance_count": 0, "volume_gb": 20000},
                "transform": {"volume_gb": 5},
                "serving": {},
            },
        }
    )

    starts = [line.partition(":")[0] for line in text.splitlines()]
    assert starts == [
        "Comment",
        "hyperparameters.sample_size",
        "hyperparameters.unheard_of",
        "hyperparameters.k",
        "instances.serving",
        "instances.training.instance_type",
        "instances.training.instance_count",
        "instances.training.volume_gb",
        "instances.transform.volume_gb",
        "sources.other.csv",
        "sources.answers.csv.uri",
        "sources.answers.csv.sha256",
    ]
    assert "Comment: unknown key; allowed: hyperparameters, instances, sources" in text
    assert "other.csv: the workload has no such file; it has answers.csv" in text
    assert "volume_gb: must be a whole number from 1 to 16384" in text


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        (None, "must be an object"),
        ([], "must be an object"),
        ({"hyperparameters": []}, "hyperparameters: must be an object"),
        ({"sources": "s3://b/k"}, "sources: must be an object"),
        ({"instances": 1}, "instances: must be an object"),
        ({"instances": {"training": "ml.m5.large"}}, "instances.training: must be an object"),
        ({"hyperparameters": {"k": None}}, "hyperparameters.k: must be a text or a finite number"),
        ({"hyperparameters": {"k": True}}, "hyperparameters.k: must be a text or a finite number"),
        ({"hyperparameters": {"k": {"a": 1}}}, "hyperparameters.k: must be a text or a finite number"),
        ({"hyperparameters": {"k": float("nan")}}, "hyperparameters.k: must be a text or a finite number"),
        ({"hyperparameters": {"k": float("inf")}}, "hyperparameters.k: must be a text or a finite number"),
        ({"hyperparameters": {"k": 1.5}}, "hyperparameters.k"),
        ({"hyperparameters": {"k": "many"}}, "hyperparameters.k"),
        ({"instances": {"preparation": {"instance_count": 101}}}, "from 1 to 100"),
        ({"instances": {"training": {"instance_count": 1.0}}}, "a whole number of at least 1"),
        ({"instances": {"training": {"instance_count": True}}}, "a whole number of at least 1"),
        ({"instances": {"training": {"instance_count": "1"}}}, "a whole number of at least 1"),
        ({"instances": {"training": {"instance_type": 5}}}, "must be a text such as ml.m5.xlarge"),
        ({"instances": {"training": {"instance_type": "ml.g5.xlarge"}}}, "stores on its own disks"),
        ({"instances": {"training": {"spot": True}}}, "instances.training.spot: unknown key"),
        ({"sources": {"answers.csv": "s3://b/k"}}, "sources.answers.csv: must be an object"),
        ({"sources": {"answers.csv": {}}}, "sources.answers.csv.uri: must be"),
        ({"sources": {"answers.csv": {"uri": "s3://bucket/k", "md5": "x"}}}, "md5: unknown key"),
        ({"sources": {"../answers.csv": {"uri": "s3://bucket/k"}}}, "no such file"),
    ],
)
def test_a_wrong_input_is_refused_with_what_would_be_right(overrides: object, says: str) -> None:
    assert says in refusal(overrides)


@pytest.mark.parametrize(
    "uri",
    [
        None,
        5,
        "",
        "answers.csv",
        "http://example.com/a",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user:secret@example.com/a",
        "https://example.com:port/a",
        "https://[::1/a",
        "https://example.com/a b",
        "https://exämple.com/a",
        "https://example.com/" + "a" * 2048,
        "https://example.com/a\n",
        "s3://",
        "s3://bucket",
        "s3://bucket/",
        "s3://Bucket_Name/k",
    ],
)
def test_a_source_must_be_an_object_or_a_page(uri: object) -> None:
    text = refusal({"sources": {"answers.csv": {"uri": uri}}})

    assert text.startswith("sources.answers.csv.uri: must be s3://bucket/key or https://host/path")


def test_the_handler_keeps_the_settings_sorted_and_whole(
    monkeypatch: pytest.MonkeyPatch, s3: Any, s3_stub: Stubber
) -> None:
    # Given the function in its environment
    handler = importlib.import_module("resolve_run.handler")
    monkeypatch.setattr(handler, "s3", s3)
    monkeypatch.setenv("DATA_BUCKET", "data")
    monkeypatch.setenv("ARTIFACTS_BUCKET", "artifacts")
    run = resolve(workload(), {"hyperparameters": {"k": 3}}, ARN)
    kept = json.dumps(run.settings(), indent=2, sort_keys=True).encode() + b"\n"
    s3_stub.add_response(
        "put_object",
        {},
        {
            "Bucket": "artifacts",
            "Key": f"runs/mysfit_recommender/{run.id}/settings.json",
            "Body": kept,
            "ContentType": "application/json",
        },
    )

    # When an execution starts
    event = {"workload": workload(), "overrides": {"hyperparameters": {"k": 3}}, "execution_arn": ARN}
    result = handler.handler(event, None)

    # Then the result is what the next states need, and the settings say what the run used
    assert result["hyperparameters"]["k"] == "3"
    assert result["artifacts_uri"] == f"s3://artifacts/runs/mysfit_recommender/{run.id}/"
    settings = json.load(io.BytesIO(kept))
    assert settings["hyperparameters"]["k"] == "3"
    assert settings["execution_arn"] == ARN
    assert list(settings) == sorted(settings)


def test_a_tuned_hyperparameter_cant_be_set() -> None:
    tuned = {**workload(), "tuned": ["k"], "hyperparameters": {**workload()["hyperparameters"]}}
    del tuned["hyperparameters"]["k"]

    resolve(tuned, {}, ARN)
    with pytest.raises(InvalidExecutionInput) as refused:
        resolve(tuned, {"hyperparameters": {"k": 3}}, ARN)

    assert str(refused.value) == "hyperparameters.k: is tuned, so it can't be set"


def test_a_script_checks_its_own_hyperparameters() -> None:
    run = resolve({**workload(), "script": True}, {"hyperparameters": {"its_own": 1.0}}, ARN)

    assert run.hyperparameters["its_own"] == "1"
