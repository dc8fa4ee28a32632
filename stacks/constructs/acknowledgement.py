"""How a finding of cdk-nag or checkov is accepted: by a decision, on the resource that it is about.

See docs/decisions/26-findings-by-decision.md. The decisions themselves are in `decisions`.
"""

import re
from dataclasses import dataclass
from typing import cast

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import IConstruct


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is accepted of some rules, for one reason.

    `rules` are one rule's names in cdk-nag's packs that have it, `checkov` its ids in checkov. Where a rule
    names what it finds, `form` is the regular expression that a finding has to match as a whole.
    """

    name: str
    rules: tuple[str, ...]
    reason: str
    form: str = ""
    checkov: tuple[str, ...] = ()

    def covers(self, finding: str) -> bool:
        """Whether the decision is about such a finding, which is empty where the rule doesn't name any."""
        return re.fullmatch(self.form, finding) is not None

    def accept(self, construct: IConstruct, finding: str = "", *, checkov: bool = True) -> None:
        """Accept a finding on a construct; `checkov` tells whether checkov has it there, too.

        The id carries the pack's name: so the finding is reported, as acknowledged, in the assembly's
        validation-report.json. Without it, cdk-nag would keep it to itself.

        Raises:
            ValueError: the decision doesn't cover the finding.
        """
        if not self.covers(finding):
            raise ValueError(f"{construct.node.path}: {self.name} doesn't cover '{finding}'")
        found = f"[{finding}]" if finding else ""
        Validations.of(construct).acknowledge(
            *(
                Acknowledgment(id=f"{_pack(rule)}::{rule}{found}", reason=f"{self.name}: {self.reason}")
                for rule in self.rules
            )
        )
        if checkov and self.checkov:
            self.skip(cast(CfnResource, construct.node.default_child))

    def skip(self, resource: CfnResource) -> None:
        """Accept what checkov finds, which reads it in the template.

        https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html
        """
        metadata = resource.get_metadata("checkov") or {"skip": []}
        skipped = [{"id": rule, "comment": f"{self.name}: {self.reason}"} for rule in self.checkov]
        resource.add_metadata("checkov", {"skip": [*metadata["skip"], *skipped]})


def _pack(rule: str) -> str:
    return rule.partition("-")[0]
