"""Instance types are those that SageMaker's API takes for each use."""

from typing import get_args

import pytest

from settings.instance_types import Use, has_local_storage, known, problems

EBS_ONLY = frozenset(
    {
        "c4", "c5", "c5n", "c6g", "c6gn", "c6i", "c6in", "c7g", "c7i", "c7i-flex", "c8g", "c8i", "c8i-flex",
        "inf1", "inf2", "m4", "m5", "m6g", "m6i", "m7i", "m7i-flex", "m8g", "m8i", "m8i-flex", "p2", "p3",
        "r5", "r6g", "r6i", "r7i", "r8g", "r8i", "r8i-flex", "t2", "t3",
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("use", "instance_type"),
    [
        ("training", "ml.m5.large"),
        ("processing", "ml.t3.medium"),
        ("transform", "ml.m5.large"),
        ("hosting", "ml.t2.medium"),
    ],
)
def test_a_known_type(use: Use, instance_type: str) -> None:
    assert problems(use, instance_type) == []


@pytest.mark.parametrize(
    ("use", "instance_type", "near"),
    [
        ("training", "ml.m5.lage", "ml.m5.large"),
        ("training", "m5.xlarge", "ml.m5.xlarge"),
        ("transform", "ml.t3.medium", "ml.m5."),
        ("hosting", "ml.t3.medium", "ml.t2.medium"),
        ("processing", "something", "ml.m5.large"),
    ],
)
def test_an_unknown_type_is_refused_with_near_ones(use: Use, instance_type: str, near: str) -> None:
    # When
    (problem,) = problems(use, instance_type)
    # Then
    assert problem.startswith(
        f'"{instance_type}" is not allowed; instance types for {use} are, for example, ml.'
    )
    assert near in problem


@pytest.mark.parametrize("use", get_args(Use))
def test_a_type_whose_disks_the_key_cannot_encrypt_is_refused(use: Use) -> None:
    # When
    (problem,) = problems(use, "ml.m5d.xlarge" if use == "hosting" else "ml.g5.xlarge")
    # Then
    assert "stores on its own disks, which can't be encrypted with the platform's key" in problem


@pytest.mark.parametrize(
    ("instance_type", "local"),
    [("ml.m5.large", False), ("ml.m5d.large", True), ("ml.g5.xlarge", True), ("ml.p3.2xlarge", False)],
)
def test_local_storage(instance_type: str, local: bool) -> None:
    assert has_local_storage(instance_type) is local


def test_every_family_is_known_to_have_local_storage_or_not() -> None:
    # Given all that the API takes, which grows with botocore
    types = {instance_type for use in get_args(Use) for instance_type in known(use)}
    # When
    without = {instance_type.split(".")[1] for instance_type in types if not has_local_storage(instance_type)}
    # Then
    assert without == EBS_ONLY
