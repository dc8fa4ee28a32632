"""How a finding of cdk-nag is accepted: by a decision, on the resource that it is about.

See docs/decisions/26-findings-by-decision.md. The decisions themselves are in `decisions`.
"""

import re
from dataclasses import dataclass

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is accepted of some rules, for one reason.

    `rules` are one rule's names in the packs that have it. Where a rule names what it finds, `form` is the
    regular expression that a finding has to match as a whole.
    """

    name: str
    rules: tuple[str, ...]
    reason: str
    form: str = ""

    def covers(self, finding: str) -> bool:
        """Whether the decision is about such a finding, which is empty where the rule doesn't name any."""
        return re.fullmatch(self.form, finding) is not None

    def accept(self, construct: IConstruct, finding: str = "") -> None:
        """Accept a finding on a construct.

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


def _pack(rule: str) -> str:
    return rule.partition("-")[0]
