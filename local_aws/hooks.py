"""The private names of ministack that the overlays rely on, checked before anything is changed.

ministack has no plugin interface, so an overlay replaces functions and fills tables by name. An upgrade may
move any of them; a start that stops and names the missing one is better than an overlay that silently does
nothing.
"""

import importlib
from collections.abc import Iterable


class HooksMissing(RuntimeError):  # noqa: N818 - what is wrong is that they are missing
    """Raised when this ministack lacks names that are relied on; the text lists each of them."""


def missing(names: Iterable[str]) -> list[str]:
    """Those of `names` ("package.module:attribute.attribute") that cannot be found."""
    return [name for name in sorted(set(names)) if not _exists(name)]


def check(names: Iterable[str]) -> None:
    """Raise HooksMissing unless every one of `names` ("package.module:attribute") exists."""
    absent = missing(names)
    if absent:
        raise HooksMissing(
            "this version of ministack does not have what the local AWS relies on: "
            + ", ".join(absent)
            + ". Install the version that local_aws/requirements.txt pins."
        )


def _exists(name: str) -> bool:
    module_name, _, path = name.partition(":")
    try:
        found: object = importlib.import_module(module_name)
    except ImportError:
        return False
    for attribute in path.split("."):
        if not hasattr(found, attribute):
            return False
        found = getattr(found, attribute)
    return True
