"""Reading YAML files strictly: one mapping, no key twice, faults with their line."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from settings.errors import Fault, SettingsError, not_allowed, shown


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which would silently keep the last of two equal keys."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        self.repeated += [
            (str(key), node.value[index][0].start_mark.line + 1)
            for index, key in enumerate(keys)
            if key in keys[:index]
        ]
        return super().construct_mapping(node, deep)


def read_mapping(path: Path, *, shown_as: str) -> dict[str, Any]:
    """Return the file's mapping; a SettingsError names the file as `shown_as` and, where it can, the line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(Fault(shown_as, "", f"can't be read: {error}")) from error
    try:
        loader = _Loader(text)
        content = loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = f"isn't valid YAML: {error.problem or error.context}"
        raise SettingsError(Fault(shown_as, f"line {line}", problem)) from error
    except yaml.YAMLError as error:
        raise SettingsError(Fault(shown_as, "", f"isn't valid YAML: {error}")) from error
    if loader.repeated:
        raise SettingsError(
            *(
                Fault(shown_as, f"line {line}", f"the key {shown(key)} is there twice; a key is allowed once")
                for key, line in loader.repeated
            )
        )
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise SettingsError(Fault(shown_as, "", not_allowed(content, "the file is a mapping of text keys")))
    return content
