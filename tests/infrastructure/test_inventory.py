"""Of every type of resource that a stack makes, the tests know who lists it, so that none is left unseen."""

from tests.infrastructure.assembly import Assembly
from tests.inventory import LISTERS, PARTS, SETTINGS, unknown_types


def test_whatever_the_stacks_make_can_be_listed(assembly: Assembly) -> None:
    types = {
        resource["Type"]
        for stack in assembly.stacks
        for resource in assembly.template(stack)["Resources"].values()
    }
    assert unknown_types(types) == set()


def test_a_type_that_nobody_lists_is_named() -> None:
    assert unknown_types({"AWS::S3::Bucket", "AWS::Nobody::KnowsIt", "Custom::Any"}) == {
        "AWS::Nobody::KnowsIt"
    }


def test_parts_belong_to_what_is_listed() -> None:
    assert {whole for whole in PARTS.values() if whole not in LISTERS} == set()
    assert not LISTERS.keys() & (PARTS.keys() | SETTINGS)
