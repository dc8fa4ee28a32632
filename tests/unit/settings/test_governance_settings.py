"""What an organisation asks for is checked; where data is kept, some of it must be there."""

import pytest

from settings.loading import SettingsError
from tests.unit.settings.conftest import DELETED, Project, changed

BAD_SETTINGS = [
    (
        "governance.permissions_boundary",
        "arn:aws:iam::1:policy/x",
        "the name of a managed policy of the account",
    ),
    ("governance.role_path", "ml", '"ml" is not allowed; the path of every role, between slashes'),
    ("governance.role_path", "/ml", "the path of every role, between slashes"),
    ("governance.budget", {}, "missing; the budget is a whole number of US dollars a month"),
    ("governance.budget", {"monthly_usd": 0}, "0 is not allowed; the budget is a whole number of US dollars"),
    ("governance.budget", {"monthly_usd": 9.5}, "9.5 is not allowed; the budget is a whole number"),
    ("governance.budget", {"monthly_usd": 9, "alarm_percentages": []}, "a list of 1 to 4 percentages"),
    ("governance.budget", {"monthly_usd": 9, "alarm_percentages": [0]}, "percentages of the budget, from 1"),
    ("governance.budget", {"monthly_usd": 9, "alarm_percentages": [80, 80]}, "a percentage is told once"),
    ("governance.rule_packs", ["pci"], "of hipaa_security, nist_800_53_r5 and serverless"),
    ("governance.rule_packs", ["serverless", "serverless"], "a pack is named once"),
    ("governance.budgets", None, 'unknown key "budgets"; did you mean budget?'),
    ("tags.owner", DELETED, "missing; where retain_data is true, the tags owner, cost_centre, environment"),
    ("tags.cost_centre", "", "missing; where retain_data is true"),
]


@pytest.mark.parametrize(("field", "value", "problem"), BAD_SETTINGS)
def test_a_bad_setting_is_refused_by_name(project: Project, field: str, value: object, problem: str) -> None:
    # Given
    changed(project.environment, field, value)
    # When
    with pytest.raises(SettingsError) as error:
        project.load_environment()
    # Then
    (fault,) = error.value.faults
    assert fault.field.startswith(field)
    assert problem in fault.problem


def test_without_tags_each_one_that_is_needed_is_told(project: Project) -> None:
    # Given
    del project.environment["tags"]
    # When
    with pytest.raises(SettingsError) as error:
        project.load_environment()
    # Then
    fields = [fault.field for fault in error.value.faults]
    assert fields == ["tags.owner", "tags.cost_centre", "tags.environment"]


def test_where_nothing_is_kept_no_tag_is_needed(project: Project) -> None:
    # Given
    project.environment |= {"retain_data": False, "tags": {}}
    # When / Then
    assert project.load_environment().tags == {}


def test_a_budget_counts_by_a_tag_that_must_be_there(project: Project) -> None:
    # Given
    project.environment |= {"retain_data": False, "tags": {}, "governance": {"budget": {"monthly_usd": 100}}}
    # When / Then
    with pytest.raises(SettingsError, match=r"tags\.environment: missing; the budget counts what carries it"):
        project.load_environment()


def test_nothing_is_asked_for_by_default(project: Project) -> None:
    governance = project.load_environment().governance
    assert (governance.permissions_boundary, governance.role_path, governance.budget) == (None, "/", None)
