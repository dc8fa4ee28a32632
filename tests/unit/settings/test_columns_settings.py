"""The columns that a workload may declare, and the limits of the catalogue and the trail."""

from typing import Any

import pytest

from settings.channels import Channel
from settings.columns import Column, columns_of
from settings.errors import SettingsError
from tests.unit.settings.conftest import Project

FILE = "training_scripts/quiz_answers/workload.yaml"


def _refused(project: Project) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        project.load_workloads()
    return str(caught.value).splitlines()


def test_a_list_of_values_has_a_column_each_named_as_sql_has_names() -> None:
    declared = {"income": "int", "Job": ["admin.", "blue-collar"], "emp.var.rate": "double"}
    assert list(columns_of(declared)) == [
        Column("income", "int"),
        Column("job_admin", "tinyint", "1 where Job is admin."),
        Column("job_blue_collar", "tinyint", "1 where Job is blue-collar"),
        Column("emp_var_rate", "double"),
    ]


def test_a_workload_may_declare_none(project: Project) -> None:
    [workload] = project.load_workloads()
    assert workload.columns == {}


@pytest.mark.parametrize("kind", ["float", [], [True], ["a", 1], 3, None, {"type": "int"}])
def test_what_is_no_type_and_no_list_of_values_is_refused(project: Project, kind: Any) -> None:
    project.workload["columns"] = {"label": "int", "age": kind}
    [line] = _refused(project)
    assert line.startswith(f"{FILE}: columns.age: ")
    assert "a column's type is tinyint, int, bigint, double, string, or it is a list of values" in line


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ({"a-b": "int", "a": ["b", "c"]}, "2 columns would be named a_b in SQL"),
        ({"Run": "int"}, "no column may be named 'run' in SQL"),
        ({"--": "int"}, "no column may be named '' in SQL"),
    ],
)
def test_names_that_sql_can_not_tell_apart_are_refused(
    project: Project, declared: dict[str, Any], problem: str
) -> None:
    project.workload["columns"] = declared
    assert _refused(project) == [f"{FILE}: columns: {problem}"]


@pytest.mark.parametrize(
    ("content_type", "labelled"),
    [
        ("text/csv", True),
        ("text/csv;label_size=1", True),
        ("text/csv; label_size=0", False),
        ("application/json", False),
    ],
)
def test_a_channel_has_a_label_first_unless_it_says_otherwise(content_type: str, labelled: bool) -> None:
    assert Channel(content_type=content_type).is_labelled_csv is labelled


def test_a_limit_below_athenas_is_refused(project: Project) -> None:
    project.environment["catalogue"] = {"scan_limit_mb": 9}
    [line] = _refused(project)
    assert "catalogue.scan_limit_mb: 9 is not allowed" in line
    assert "a whole number from 10" in line


def test_a_trail_is_there_whole_unless_the_settings_say_otherwise(project: Project) -> None:
    audit = project.load_environment().audit
    assert audit is not None
    assert (audit.management_events, audit.log_group) == (True, True)
    project.environment["audit"] = None
    assert project.load_environment().audit is None
