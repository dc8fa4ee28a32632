"""Wrong workloads are refused with the file, the field, the value, and what is allowed."""

import pytest

from settings.loading import SettingsError, load_environment, load_workloads
from settings.serving import RealTime
from tests.unit.settings.conftest import DELETED, Project, changed

FILE = "training_scripts/quiz_answers/workload.yaml"
SHA256 = "0" * 64

BAD_SETTINGS = [
    ("name", "Quiz", "\"Quiz\" is not allowed; a workload's name is its folder's"),
    ("name", "other", '"other" is not allowed; the name is the folder\'s, quiz_answers'),
    ("description", "", '"" is not allowed; what the model does, in 1 to 1024 characters'),
    ("folder", "here", 'unknown key "folder"'),
    ("inference", DELETED, "missing; a mapping with content_type and accept"),
    ("data.files", [], "[] is not allowed; a list of at least one file"),
    ("data.files", [{"name": "a/b.csv"}], '"a/b.csv" is not allowed; the file\'s name without folders'),
    ("data.files", [{"name": ".."}], '".." is not allowed; the file\'s name without folders'),
    ("data.files", [{"name": "a"}, {"name": "a"}], '"a" is not allowed; each file has a name of its own'),
    (
        "data.files",
        [{"name": "a", "source": "http://example.com/a"}],
        '"http://example.com/a" is not allowed; an address https://… or s3://bucket/key',
    ),
    (
        "data.files",
        [{"name": "a", "source": "s3://bucket"}],
        '"s3://bucket" is not allowed; an address https',
    ),
    ("data.files", [{"name": "a", "source": "file:///etc/passwd"}], "is not allowed; an address https://…"),
    ("data.files", [{"name": "a", "sha256": "abc"}], '"abc" is not allowed; the SHA-256 of the source as 64'),
    ("data.files", [{"name": "a", "sha265": SHA256}], 'unknown key "sha265"; did you mean sha256?'),
    ("algorithm.name", "kmeans", 'unknown algorithm "kmeans"; Known: knn'),
    ("algorithm.name", "kn", 'unknown algorithm "kn"; did you mean knn?'),
    ("algorithm.version", "2", '"2" is not allowed; knn has 1'),
    ("algorithm.version", 1, "1 is not allowed; the version of the algorithm's image, as text in quotes"),
    ("hyperparameters.k", DELETED, "missing; knn needs it: a whole number of at least 1"),
    ("hyperparameters.k", 0, "0 is not allowed; k is a whole number of at least 1"),
    ("hyperparameters.k", None, "null is not allowed; a mapping of the algorithm's hyperparameters"),
    ("hyperparameters.k", True, "true is not allowed; a mapping of the algorithm's hyperparameters"),
    ("hyperparameters.kk", 3, "unknown hyperparameter; did you mean k?"),
    ("training.instance_type", "ml.m5.lage", '"ml.m5.lage" is not allowed; instance types for training are'),
    ("training.instance_type", "m5.large", "instance types for training are, for example, ml."),
    ("training.instance_count", 0, "0 is not allowed; the number of instances, at least 1"),
    ("training.volume_gb", 0, "0 is not allowed; the disk of an instance is 1 to 16384 GB"),
    (
        "training.max_runtime_minutes",
        50000,
        "50000 is not allowed; a training job runs for 1 to 40320 minutes",
    ),
    ("preparation.instance_type", "ml.p2.tiny", '"ml.p2.tiny" is not allowed; instance types for processing'),
    ("preparation.max_runtime_minutes", 20000, "20000 is not allowed; a processing job runs for 1 to 12960"),
    (
        "evaluation.instance_count",
        101,
        "101 is not allowed; the number of instances of a processing job is 1",
    ),
    ("channels", DELETED, "missing; a mapping of 1 to 20 folders of the processed data"),
    ("channels.train", DELETED, "missing; knn needs it"),
    ("channels.tests", {"content_type": "text/csv"}, 'unknown channel "tests"; did you mean test?'),
    ("channels.a b", {"content_type": "text/csv"}, '"a b" is not allowed; a mapping of 1 to 20 folders'),
    (
        "channels.train.content_type",
        "text/libsvm",
        '"text/libsvm" is not allowed; knn trains on text/csv',
    ),
    (
        "channels.train.distribution",
        "Sharded",
        '"Sharded" is not allowed; FullyReplicated gives',
    ),
    ("transform.instance_type", "ml.t3.medium", "instance types for transform are, for example, ml."),
    ("transform.volume_gb", 5, 'unknown key "volume_gb"; Known: instance_count, instance_type'),
    ("inference.content_type", "csv", '"csv" is not allowed; the media type of the requests'),
    (
        "inference.content_type",
        "text/libsvm",
        '"text/libsvm" is not allowed; knn reads text/csv, application/json',
    ),
    ("inference.accept", "text/csv", '"text/csv" is not allowed; knn answers with application/json'),
    ("inference.test_accept", "text/csv", '"text/csv" is not allowed; knn answers with application/json'),
    ("inference.test_accept", "verbose", '"verbose" is not allowed; the media type of the answers for the'),
    ("gate.minimum", DELETED, "missing; a gate has exactly one of minimum and maximum"),
    (
        "gate.maximum",
        0.9,
        "0.9 is not allowed; minimum is set too: a gate has exactly one of minimum and maximum",
    ),
    ("gate.minimum", "high", '"high" is not allowed; the lowest value that passes, a number'),
    ("gate.minimum", float("nan"), "NaN is not allowed; the lowest value that passes, a number"),
    ("gate.metric", "test accuracy", '"test accuracy" is not allowed; the metric\'s name in evaluation.json'),
    (
        "serving.memory_mb",
        1500,
        "1500 is not allowed; serverless memory is 1024, 2048, 3072, 4096, 5120 or 6144 MB",
    ),
    ("serving.memory_mb", 7168, "7168 is not allowed; serverless memory is 1024, 2048"),
    ("serving.memory_mb", "2048", '"2048" is not allowed; serverless memory is 1024, 2048'),
    ("serving.max_concurrency", 201, "201 is not allowed; a serverless endpoint answers 1 to 200 requests"),
    (
        "serving.instance_type",
        "ml.m5.large",
        'unknown key "instance_type"; Known: max_concurrency, memory_mb',
    ),
    ("serving.type", "lambda", '"lambda" is not allowed; a mapping whose type is serverless or real_time'),
    ("serving.type", DELETED, "missing; a mapping whose type is serverless or real_time"),
    ("serving", "serverless", '"serverless" is not allowed; a mapping whose type is serverless or real_time'),
    ("servings", {}, 'unknown key "servings"; did you mean serving?'),
]


@pytest.mark.parametrize(("field", "value", "problem"), BAD_SETTINGS)
def test_a_bad_setting_is_refused_by_name(project: Project, field: str, value: object, problem: str) -> None:
    # Given
    changed(project.workload, field, value)
    # When
    with pytest.raises(SettingsError) as error:
        project.load_workloads()
    # Then
    matching = [fault for fault in error.value.faults if problem in fault.problem]
    assert [fault.file for fault in matching] == [FILE], str(error.value)
    assert matching[0].field.startswith(field)
    assert f"{FILE}: {matching[0].field}: {matching[0].problem}" in str(error.value).splitlines()


def test_the_path_leads_into_lists(project: Project) -> None:
    # Given
    project.workload["data"]["files"] = [{"name": "a"}, {"name": "b", "sha256": "xyz"}]
    # When
    with pytest.raises(SettingsError) as error:
        project.load_workloads()
    # Then
    assert [fault.field for fault in error.value.faults] == ["data.files[1].sha256"]


def test_all_faults_of_all_kinds_are_told_at_once(project: Project) -> None:
    # Given a fault of the schema, of the algorithm, of a name's length, of the region and of the folder
    project.environment["region"] = "eusc-de-east-1"
    project.environment["prefix"] = "a" * 40
    changed(project.workload, "serving.memory_mb", 1)
    changed(project.workload, "hyperparameters.k", 0)
    project.write()
    (project.folder / "prepare.py").unlink()
    environment = load_environment("dev", project.root)
    # When
    with pytest.raises(SettingsError) as error:
        load_workloads(environment, project.root)
    # Then
    assert {(fault.file, fault.field) for fault in error.value.faults} == {
        (FILE, "serving.memory_mb"),
        (FILE, "hyperparameters.k"),
        (FILE, "name"),
        ("settings/dev.yaml", "region"),
        ("training_scripts/quiz_answers/prepare.py", ""),
    }


def test_the_faults_of_all_workloads_are_told_at_once(project: Project) -> None:
    # Given
    environment = project.load_environment()
    for name in ("first", "second"):
        (project.root / "training_scripts" / name).mkdir()
        (project.root / "training_scripts" / name / "workload.yaml").write_text("name: [")
    # When
    with pytest.raises(SettingsError) as error:
        load_workloads(environment, project.root)
    # Then
    assert [fault.file for fault in error.value.faults] == [
        "training_scripts/first/workload.yaml",
        "training_scripts/second/workload.yaml",
    ]


def test_the_scripts_of_a_workload_are_needed(project: Project) -> None:
    # Given
    environment = project.load_environment()
    (project.folder / "evaluate.py").unlink()
    # When
    with pytest.raises(SettingsError) as error:
        load_workloads(environment, project.root)
    # Then
    (fault,) = error.value.faults
    assert fault.file == "training_scripts/quiz_answers/evaluate.py"
    assert fault.problem == "missing; a workload's folder has prepare.py and evaluate.py"


def test_a_folder_without_settings_is_no_workload(project: Project) -> None:
    # Given
    environment = project.load_environment()
    (project.root / "training_scripts" / "notes").mkdir()
    # When
    workloads = load_workloads(environment, project.root)
    # Then
    assert [workload.name for workload in workloads] == ["quiz_answers"]


def test_serverless_is_refused_in_a_vpc_with_the_reason(project: Project) -> None:
    # Given
    project.environment["network"] = {"mode": "vpc_only"}
    # When
    with pytest.raises(SettingsError) as error:
        project.load_workloads()
    # Then
    (fault,) = error.value.faults
    assert fault.field == "serving.type"
    assert "serverless endpoints take no VPC configuration: use real_time" in fault.problem


def test_serverless_becomes_what_a_vpc_has_in_its_place(project: Project) -> None:
    # Given
    project.environment["network"] = {
        "mode": "vpc_only",
        "in_place_of_serverless": {"instance_type": "ml.m5.large", "instance_count": 2},
    }
    # When
    (workload,) = project.load_workloads()
    # Then
    assert workload.serving == RealTime(type="real_time", instance_type="ml.m5.large", instance_count=2)


@pytest.mark.parametrize(("length", "fits"), [(38, True), (39, False)])
def test_job_names_fit(project: Project, length: int, fits: bool) -> None:
    # Given a name that is too long, or just not, with the environment's prefix and the jobs' suffixes
    project.environment["prefix"] = "p"
    project.rename("n" * length)
    # When / Then
    if fits:
        assert len(project.load_workloads()) == 1
    else:
        with pytest.raises(SettingsError, match="-transform, 1 characters longer than the 63 that SageMaker"):
            project.load_workloads()


@pytest.mark.parametrize(("length", "fits"), [(27, True), (28, False)])
def test_job_names_fit_with_the_prefix(project: Project, length: int, fits: bool) -> None:
    # Given
    project.environment["prefix"] = "p" * length
    # When / Then
    if fits:
        assert len(project.load_workloads()) == 1
    else:
        match = r'"quiz_answers" is not allowed; its jobs would be named like p+-quiz-answers-0+-transform, 1'
        with pytest.raises(SettingsError, match=match):
            project.load_workloads()


def test_names_derived_from_the_workloads(project: Project) -> None:
    # When
    (workload,) = project.load_workloads()
    # Then
    assert workload.slug == "quiz-answers"
    assert workload.pascal == "QuizAnswers"
    assert workload.folder == project.folder
    assert workload.algorithm.image.repository == "knn"


def test_the_projects_own_workloads_are_valid_in_every_environment() -> None:
    # When
    dev, prod = (load_workloads(load_environment(name)) for name in ("dev", "prod"))
    # Then
    assert [workload.name for workload in dev] == [workload.name for workload in prod]
    serving = {workload.name: workload.serving.type for workload in prod}
    assert serving["mysfit_recommender"] == "real_time"
    assert {workload.name: workload.serving.type for workload in dev}["mysfit_recommender"] == "serverless"
