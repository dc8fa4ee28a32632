"""What the pages tell to type exists, and what they link to is there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from cli.application import application

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "local_aws").rglob("README.md")),
    *sorted((ROOT / "training_scripts").glob("*/README.md")),
]
MANAGE = "./manage.py "

_FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
_MAKE = re.compile(r"(?:^|\s)make((?:\s+[A-Z_]+=\S*)*)\s+([a-z][a-z-]*)((?:\s+[A-Z_]+=\S*)*)\s*$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_RULE = re.compile(r"^([a-z][a-z -]*):", re.MULTILINE)
_VARIABLE = re.compile(r"^([A-Z]+) \?=", re.MULTILINE)


def _code(page: Path) -> Iterator[str]:
    """Every line of a code block and every span of code, without the whitespace around it."""
    text = page.read_text(encoding="utf-8")
    for block in _FENCE.findall(text):
        yield from (line.strip() for line in block.splitlines()[1:-1])
    for span in _SPAN.findall(_FENCE.sub("", text)):
        yield " ".join(span.split())


def _targets() -> list[tuple[str, str, str]]:
    """Each page, target and variables of a `make` command."""
    return [
        (page.relative_to(ROOT).as_posix(), match[2], match[1] + match[3])
        for page in PAGES
        for match in map(_MAKE.search, _code(page))
        if match
    ]


def _operator_commands() -> list[tuple[str, str]]:
    """Each page, and what follows `./manage.py` in a command; where its output goes is the shell's."""
    return [
        (page.relative_to(ROOT).as_posix(), code.removeprefix(MANAGE).partition(" > ")[0])
        for page in PAGES
        for code in _code(page)
        if code.startswith(MANAGE)
    ]


def _links() -> list[tuple[str, str]]:
    """Each page, and the target of a link into the project."""
    return [
        (page.relative_to(ROOT).as_posix(), target)
        for page in PAGES
        for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
        if "://" not in target
    ]


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_the_readme_shows_both_kinds_of_command() -> None:
    # Given what the tests below found on the first page
    targets = {target for page, target, _ in _targets() if page == "README.md"}
    commands = {words.split()[0] for page, words in _operator_commands() if page == "README.md"}
    # Then it is what the page is about, so the search for it works
    assert {"local", "test", "bootstrap", "deploy", "destroy"} <= targets
    assert {"status", "report", "predict", "train", "approve", "local"} <= commands


@pytest.mark.parametrize(("page", "target", "variables"), sorted(set(_targets())))
def test_a_make_target_exists(page: str, target: str, variables: str) -> None:
    # Given the Makefile's targets and the variables it takes
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = {name for rule in _RULE.findall(makefile) for name in rule.split()}
    # Then those on the page are among them
    assert target in known, page
    assert set(re.findall(r"([A-Z_]+)=", variables)) <= set(_VARIABLE.findall(makefile)), page


@pytest.mark.parametrize(("page", "words"), sorted(set(_operator_commands())))
def test_an_operator_command_can_be_parsed(page: str, words: str) -> None:
    # Given the command line's own parser, which raises for an unknown command, option or missing argument
    command = get_command(application)
    name, arguments = "manage.py", shlex.split(words)
    while "commands" in vars(command):
        group = vars(command)["commands"]
        assert arguments, f"{page}: {words}"
        assert arguments[0] in group, f"{page}: {words}"
        name, command, arguments = arguments[0], group[arguments[0]], arguments[1:]
    # When it parses the command, then it takes every word of it
    command.make_context(name, arguments)


@pytest.mark.parametrize(("page", "target"), sorted(set(_links())))
def test_a_link_leads_somewhere(page: str, target: str) -> None:
    # Given the file and the heading that a link names
    path, _, anchor = target.partition("#")
    file = (ROOT / page).parent / path if path else ROOT / page
    # Then both are there
    assert file.exists()
    if anchor:
        assert anchor in _anchors(file)
