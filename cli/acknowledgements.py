"""`acknowledgements`: what a synth accepted of findings, by decision.

Of cdk-nag's as the synth's own report has it, of checkov's as the templates tell checkov.
"""

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
    """All acknowledged findings of an assembly.

    Raises:
        OperatorError: the folder holds no report.
    """
    return [*of_packs(assembly), *of_checkov(assembly)]


def of_packs(assembly: Path) -> list[Acknowledgement]:
    """The findings of cdk-nag's packs.

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


def of_checkov(assembly: Path) -> list[Acknowledgement]:
    """What checkov is to skip; the test that asks checkov holds that it finds just that."""
    return [
        found
        for file in sorted(assembly.glob("*.template.json"))
        for found in _skipped(file, _paths(file.with_name(file.name.replace(".template.", ".metadata."))))
    ]


def _skipped(template: Path, paths: dict[str, str]) -> Iterator[Acknowledgement]:
    resources = json.loads(template.read_text(encoding="utf-8")).get("Resources", {})
    for logical_id, resource in resources.items():
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", ()):
            decision, _, reason = skip["comment"].partition(": ")
            yield Acknowledgement(
                decision=decision,
                reason=reason,
                rule=skip["id"],
                finding="",
                resource=paths[logical_id],
                kind=resource["Type"].rpartition("::")[2],
                accepted_at=paths[logical_id],
            )


def _paths(metadata: Path) -> dict[str, str]:
    """Construct paths by logical id."""
    constructs = json.loads(metadata.read_text(encoding="utf-8"))
    return {
        entry["data"]: path.strip("/")
        for path, entries in constructs.items()
        for entry in entries
        if entry["type"] == "aws:cdk:logicalId"
    }


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
