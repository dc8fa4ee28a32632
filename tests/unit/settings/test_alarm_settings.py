"""What is watched and from where on it is too much: what may be said of it."""

import pytest

from settings.loading import SettingsError
from tests.unit.settings.conftest import Project, changed

BAD_SETTINGS = [
    ("alarms.watch", ["api", "costs"], "any of api, endpoints, pipelines"),
    ("alarms.watch", ["api", "api"], "each is watched once"),
    ("alarms.least_failures", 0, "0 is not allowed; fewer failed requests than this"),
    ("alarms.least_requests", 1.5, "1.5 is not allowed; of fewer requests than this"),
    ("alarms.api_failed_percentage", 0, "a percentage above 0, at most 100"),
    ("alarms.api_p99_milliseconds", 30000, "after which API Gateway gives up"),
    ("alarms.endpoint_failed_percentage", 101, "a percentage above 0, at most 100"),
    ("alarms.model_p99_milliseconds", "fast", "1 to 60000 milliseconds"),
    ("alarms.watches", ["api"], 'unknown key "watches"; did you mean watch?'),
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


def test_what_is_not_said_is_watched(project: Project) -> None:
    assert project.load_environment().alarms.watch == ("api", "endpoints", "pipelines")
