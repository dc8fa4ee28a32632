"""Grants and uses that the local AWS has written down, joined for the operator."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.errors import OperatorError
from cli.local import permissions
from cli.local.permissions import Grant, Use
from stacks.unused_permissions import REASONS, Reason

ROLE = "arn:aws:iam::000000000000:role/ml/ml-dev-training-TrainingRole-1"


def granted(role: str, policy: str, *grants: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "policy": policy, "grants": list(grants)}


def grant(action: str, resource: str = "*", condition: str = "", *, within: bool = True) -> dict[str, Any]:
    return {"action": action, "resource": resource, "condition": condition, "within_boundary": within}


def used(policy: str, action: str, resource: str = "*", condition: str = "") -> dict[str, Any]:
    keys = {"action": action, "resource": resource, "condition": condition}
    return {"role": ROLE, "policy": policy, **keys, "call": [action, "arn:aws:s3:::b/k"]}


def written(state: Path, grants: list[dict[str, Any]], uses: list[dict[str, Any]]) -> Path:
    for name, rows in (("grants.jsonl", grants), ("grants_used.jsonl", uses)):
        (state / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return state


@pytest.fixture(autouse=True)
def _reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = (Reason(("ml-*",), ("xray:*",), "no X-Ray here"), Reason(("*-Gone-*",), ("s3:*",), "of old"))
    monkeypatch.setattr(permissions, "REASONS", reasons)


def uses(found: permissions.Permissions) -> dict[tuple[str, str], Use]:
    return {(one.action, one.condition): one.use for one in found.grants}


def test_a_grant_is_used_under_its_own_condition_only(tmp_path: Path) -> None:
    grants = [grant("s3:ListBucket", condition="a"), grant("s3:ListBucket", condition="b")]
    state = written(tmp_path, [granted(ROLE, "p", *grants)], [used("p", "s3:ListBucket", condition="b")])
    assert uses(permissions.read(state, "ml-dev")) == {
        ("s3:ListBucket", "a"): Use.UNEXPLAINED,
        ("s3:ListBucket", "b"): Use.USED,
    }


def test_a_policys_newest_grants_count(tmp_path: Path) -> None:
    rows = [granted(ROLE, "p", grant("s3:GetObject")), granted(ROLE, "p", grant("s3:PutObject"))]
    found = permissions.read(written(tmp_path, rows, [used("p", "s3:GetObject")]), "ml-dev")
    assert uses(found) == {("s3:PutObject", ""): Use.UNEXPLAINED}


def test_other_environments_and_the_cdks_own_roles_are_left_out(tmp_path: Path) -> None:
    others = ["arn:aws:iam::0:role/cdk-hnb659fds-deploy-role", "arn:aws:iam::0:role/ml-develop-Role"]
    rows = [granted(role, "p", grant("s3:*")) for role in (ROLE, *others)]
    found = permissions.read(written(tmp_path, rows, []), "ml-dev")
    assert {one.role for one in found.grants} == {"ml-dev-training-TrainingRole-1"}


def test_reasons_explain_what_is_unused_and_are_named_when_they_explain_nothing(tmp_path: Path) -> None:
    rows = [granted(ROLE, "p", grant("xray:PutTraceSegments"), grant("s3:GetObject"))]
    found = permissions.read(written(tmp_path, rows, []), "ml-dev")
    assert uses(found) == {
        ("xray:PutTraceSegments", ""): Use.EXPLAINED,
        ("s3:GetObject", ""): Use.UNEXPLAINED,
    }
    assert [reason.text for reason in found.idle_reasons] == ["of old"]
    assert found.summary() == (
        "2 grants of 1 roles: 0 used, 1 never used for a reason, 1 never used without one."
    )
    document = found.document()
    assert (document["granted"], document["used"], document["explained"], document["unexplained"]) == (
        2,
        0,
        1,
        1,
    )


def test_the_table_tells_reason_and_boundary() -> None:
    shown = Console(width=200)
    grants = [
        Grant("r", "p", "s3:GetObject", "*", "", within_boundary=False, use=Use.UNEXPLAINED),
        Grant("r", "p", "xray:Put", "*", "", within_boundary=True, use=Use.EXPLAINED, reason="no X-Ray here"),
    ]
    with shown.capture() as captured:
        shown.print(permissions.table(grants))
    assert "never used (the boundary leaves it out)" in captured.get()
    assert "never used: no X-Ray here" in captured.get()


def test_without_a_local_aws_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="`make local` deploys"):
        permissions.read(tmp_path, "ml-dev")
    written(tmp_path, [granted(ROLE, "p", grant("s3:*"))], [])
    with pytest.raises(OperatorError, match="No role of ml-prod"):
        permissions.read(tmp_path, "ml-prod")


def test_every_reason_of_the_platform_is_said_once() -> None:
    said = [(role, action) for reason in REASONS for role in reason.roles for action in reason.actions]
    assert len(set(said)) == len(said)
    assert len({reason.text for reason in REASONS}) == len(REASONS)
