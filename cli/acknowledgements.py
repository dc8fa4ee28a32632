"""`acknowledgements`: what a synth accepted of cdk-nag's findings, as its own report has it, by decision."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Column, Table

from cli.errors import OperatorError

REPORT = "validation-report.json"


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """One finding that was accepted.

    `resource` is the construct path of what it was found at, `accepted_at` of what it was accepted on;
    `finding` is empty where the rule doesn't name any.
    """

    decision: str
    reason: str
    rule: str
    finding: str
    resource: str
    kind: str
    accepted_at: str


def read(assembly: Path) -> list[Acknowledgement]:
    """The acknowledged findings of an assembly.

    Raises:
        OperatorError: the folder holds no report.
    """
    file = assembly / REPORT
    if not file.is_file():
        raise OperatorError(
            f"{assembly} holds no {REPORT}: name a folder that `cdk synth` wrote, such as cdk.out."
        )
    report = json.loads(file.read_text(encoding="utf-8"))
    return [found for plugin in report["pluginReports"] for found in _of_pack(plugin)]


def _of_pack(plugin: dict[str, Any]) -> Iterator[Acknowledgement]:
    for violation in plugin.get("suppressedViolations", ()):
        # cdk-nag names a rule by its pack; what the CDK accepts of its own constructs isn't ours.
        if not violation["ruleName"].startswith(f"{plugin['pluginName']}-"):
            continue
        rule, _, finding = violation["ruleName"].partition("[")
        decision, _, reason = violation["reason"].partition(": ")
        for resource in violation["violatingConstructs"]:
            yield Acknowledgement(
                decision=decision,
                reason=reason,
                rule=rule,
                finding=finding.removesuffix("]"),
                resource=resource["constructPath"],
                kind=resource["constructFqn"].rpartition(".Cfn")[2],
                accepted_at=violation["acknowledgedAt"],
            )


def by_decision(found: Sequence[Acknowledgement]) -> dict[str, list[Acknowledgement]]:
    """The findings of each decision, the one with the most first."""
    grouped = defaultdict(list)
    for one in found:
        grouped[one.decision].append(one)
    return dict(sorted(grouped.items(), key=lambda entry: (-len(entry[1]), entry[0])))


def document(found: Sequence[Acknowledgement]) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        **_counts(found),
        "by_decision": [
            {
                "decision": name,
                "reason": ones[0].reason,
                "rules": _rules(ones),
                "findings": [
                    {"rule": one.rule, "finding": one.finding, "resource": one.resource} for one in ones
                ],
            }
            for name, ones in by_decision(found).items()
        ],
    }


def tables(found: Sequence[Acknowledgement]) -> RenderableType:
    """Each decision with its reason and the resources that it is about."""
    counts = _counts(found)
    return Group(
        *(_table(name, ones) for name, ones in by_decision(found).items()),
        f"{counts['decisions']} decisions, {counts['findings']} findings, {counts['resources']} resources",
    )


def _table(name: str, ones: Sequence[Acknowledgement]) -> Table:
    at: dict[str, list[Acknowledgement]] = defaultdict(list)
    for one in ones:
        at[one.resource].append(one)
    table = Table(
        Column("kind"),
        Column("resource", overflow="fold"),
        Column("findings", justify="right"),
        title=f"[bold]{name}[/]: {', '.join(_rules(ones))}\n{ones[0].reason}",
        title_justify="left",
        title_style="",
        box=box.SIMPLE,
    )
    for resource, here in sorted(at.items()):
        table.add_row(here[0].kind, resource.removesuffix("/Resource"), str(len(here)))
    return table


def _rules(ones: Sequence[Acknowledgement]) -> list[str]:
    return sorted({one.rule for one in ones})


def _counts(found: Sequence[Acknowledgement]) -> dict[str, int]:
    return {
        "decisions": len({one.decision for one in found}),
        "findings": len(found),
        "resources": len({one.resource for one in found}),
    }
