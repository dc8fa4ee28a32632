"""Which events a trail takes."""

from typing import Any

import pytest

from local_aws.audit import selectors

BUCKET = "arn:aws:s3:::data"


def event(*, data: bool = False, read: bool = False, **more: Any) -> dict[str, Any]:
    resources = [{"type": "AWS::S3::Object", "ARN": f"{BUCKET}/raw/a.csv"}] if data else []
    return {
        "managementEvent": not data,
        "eventCategory": "Data" if data else "Management",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject" if read else "PutObject",
        "readOnly": read,
        "resources": resources,
        "userIdentity": {},
        **more,
    }


def basic(*values: str, **settings: Any) -> list[dict[str, Any]]:
    resources = [{"Type": "AWS::S3::Object", "Values": list(values)}] if values else []
    return [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": resources, **settings}]


def advanced(**fields: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [{"FieldSelectors": [{"Field": name.replace("_", "."), **test} for name, test in fields.items()]}]


@pytest.mark.parametrize(
    ("chosen", "of", "taken"),
    [
        (None, event(), True),
        (None, event(data=True), False),
        (basic(f"{BUCKET}/"), event(data=True), True),
        (basic(f"{BUCKET}/raw/"), event(data=True), True),
        (basic(f"{BUCKET}/processed/"), event(data=True), False),
        (basic("arn:aws:s3:::dat/"), event(data=True), False),
        (basic("arn:aws:s3"), event(data=True), True),
        (basic(f"{BUCKET}/", ReadWriteType="WriteOnly"), event(data=True, read=True), False),
        (basic(f"{BUCKET}/", ReadWriteType="ReadOnly"), event(data=True, read=True), True),
        (basic(IncludeManagementEvents=False), event(), False),
        (
            basic(ExcludeManagementEventSources=["kms.amazonaws.com"]),
            event(eventSource="kms.amazonaws.com"),
            False,
        ),
        (advanced(eventCategory={"Equals": ["Management"]}), event(), True),
        (advanced(eventCategory={"Equals": ["Management"]}), event(data=True), False),
        (
            advanced(eventCategory={"Equals": ["Data"]}, resources_ARN={"StartsWith": [f"{BUCKET}/"]}),
            event(data=True),
            True,
        ),
        (
            advanced(eventCategory={"Equals": ["Data"]}, resources_ARN={"NotStartsWith": [f"{BUCKET}/"]}),
            event(data=True),
            False,
        ),
        (advanced(readOnly={"Equals": ["false"]}), event(read=True), False),
        (advanced(eventName={"NotEquals": ["PutObject"]}), event(), False),
    ],
)
def test_an_event_is_taken(chosen: Any, of: dict[str, Any], taken: bool) -> None:
    assert selectors.selects(chosen, of) is taken
