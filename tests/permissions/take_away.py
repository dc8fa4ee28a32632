"""Each statement of the road's roles, taken away alone: what needs it must fail, and say who may not do what
(or be refused, where it only logs or tells of a failure).

It works on the local AWS of this folder, after `make local` and the life without its end, from which it knows
what is used, and which executions there were to start again. Arguments choose roles by parts of their names.
"""

from __future__ import annotations

import json
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from cli.console import ANSWERS, remark
from cli.local.permissions import Grant, Use, read
from cli.local.server import LocalAws
from cli.platform import DEFAULT_ENVIRONMENT, Platform, load_settings
from cli.target import local_target
from settings.workload import Workload
from tests.local.role_policies import RolePolicies, listed

END_SECONDS = 900.0
# What is done when a stack is made or ends, or by people: the life shows that it is used.
ELSEWHERE = re.compile(r"-(studio|storage|website|network)-|Cleanup|CodeDeployer|EventsRole")

# Without these a failure is told to nobody, or nothing is logged; what happens else is as it was.
UNTOLD = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "sns:Publish"}

Ended = tuple[str, str]
"""Whether it failed or succeeded, and all that was said."""


@dataclass(frozen=True)
class Statement:
    """A statement of a role's managed policy, by its place, with what of it is used."""

    role: str
    policy: str
    index: int
    used: frozenset[str]

    def __str__(self) -> str:
        return f"{self.role} {', '.join(sorted(self.used))}"


@dataclass(frozen=True)
class Verdict:
    """What happened without a statement."""

    statement: Statement
    place: str
    """The state that failed, or what did."""
    fault: str
    """Why it isn't as it should be; "" if it is."""


class TakingAway:
    """Statements, and what is done without them."""

    def __init__(self, platform: Platform, local_aws: LocalAws) -> None:
        self._platform = platform
        self._iam = platform.client("iam")
        self._access = local_aws.state / "access.jsonl"
        self._grants = read(local_aws.state, platform.environment.prefix).grants

    def statements(self, chosen: list[str]) -> Iterator[Statement]:
        """Those of the chosen roles (all without a choice) that are used when things go well or not."""
        roles = sorted({grant.role for grant in self._grants})
        for role in roles:
            if ELSEWHERE.search(role) or (chosen and not any(part in role for part in chosen)):
                continue
            for policy, document in RolePolicies(self._iam, role).documents().items():
                for index, statement in enumerate(document["Statement"]):
                    if used := self._used(role, policy, statement):
                        yield Statement(role, policy, index, used)

    def judge(self, statement: Statement) -> Verdict:
        """Take it away, do what needs it, give it back."""
        before = len(self._access.read_text().splitlines())
        with RolePolicies(self._iam, statement.role).without(statement.policy, statement.index):
            status, said = self._act(statement)
        refused = {
            row["action"]
            for row in map(json.loads, self._access.read_text().splitlines()[before:])
            if not row["allowed"] and row["role"].endswith(f"/{statement.role}")
        }
        if refused and statement.used <= UNTOLD:
            return Verdict(statement, f"{', '.join(sorted(refused))} refused, nothing else fails", "")
        place = re.search(r"(\w+) failed", said)
        named = [action for action in statement.used if action in said]
        fault = ""
        if status == "SUCCEEDED":
            fault = "it succeeded" + (f", though {', '.join(sorted(refused))} was refused" if refused else "")
        elif statement.role not in said or not named:
            fault = f"it doesn't name role and action: {said[:300]}"
        return Verdict(statement, place.group(1) if place else status, fault)

    def _act(self, statement: Statement) -> Ended:
        if "recommendation" in statement.role:
            return self._ask(statement)
        failing = statement.used <= {"sns:Publish"}
        return self._execute(self._machine(statement.role), "FAILED" if failing else "SUCCEEDED")

    def _machine(self, role: str) -> str:
        """The state machine on whose way the role is."""
        platform = self._platform
        workload = self._workload(role)
        if "-training-" in role:
            return platform.state_machine(workload)
        if "Batch" in role:
            return platform.batch_state_machine(workload)
        return platform.deployment_state_machine(workload)

    def _workload(self, role: str) -> Workload:
        """Whose role it is; roles of all workloads are tried with the recommender."""
        by_length = sorted(self._platform.workloads, key=lambda one: len(one.pascal), reverse=True)
        found = next((one for one in by_length if one.pascal in role), None)
        return found or self._platform.workload(self._platform.environment.recommendation.workload)

    def _execute(self, machine: str, status: str) -> Ended:
        """Start the first execution that ended so once more, to its end: later ones lacked permissions."""
        client = self._platform.client("stepfunctions")
        like = client.list_executions(stateMachineArn=machine, statusFilter=status)["executions"][-1]
        given = client.describe_execution(executionArn=like["executionArn"])["input"]
        arn = client.start_execution(stateMachineArn=machine, input=given)["executionArn"]
        deadline = time.monotonic() + END_SECONDS
        while (ended := client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            if time.monotonic() > deadline:
                return "STILL RUNNING", arn
            time.sleep(0.2)
        return ended["status"], f"{ended.get('cause', '')}"

    def _ask(self, statement: Statement) -> Ended:
        """Ask the API; what its function says is in its log."""
        path, body = (
            ("health", None)
            if "Health" in statement.role
            else ("recommendations", b'{"entry": [1, 2, 3, 4, 5]}')
        )
        request = urllib.request.Request(  # noqa: S310 - the API on this machine
            f"{self._platform.api_url}/{path}", data=body, headers={"Content-Type": "application/json"}
        )
        began = round(time.time() * 1000)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return "SUCCEEDED", answer.read().decode()
        except urllib.error.HTTPError as refused:
            return f"HTTP {refused.code}", self._logged("Health" if body is None else "Recommend", began)

    def _logged(self, function: str, since: int) -> str:
        logs = self._platform.client("logs")
        groups = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
        (group,) = [each for each in groups if f"-recommendation/{function}" in each]
        events = logs.filter_log_events(logGroupName=group, startTime=since)["events"]
        return "\n".join(event["message"] for event in events)

    def _used(self, role: str, policy: str, statement: dict[str, Any]) -> frozenset[str]:
        condition = json.dumps(statement["Condition"], sort_keys=True) if "Condition" in statement else ""
        resources, actions = listed(statement["Resource"]), listed(statement["Action"])

        def meant(grant: Grant) -> bool:
            return (grant.role, grant.policy, grant.condition) == (role, policy, condition) and (
                grant.action in actions and grant.resource in resources
            )

        return frozenset(grant.action for grant in self._grants if meant(grant) and grant.use is Use.USED)


def main(chosen: list[str]) -> int:
    """Take away one after another; the status is 1 if one isn't missed as it should be."""
    environment, workloads = load_settings(DEFAULT_ENVIRONMENT)
    taking = TakingAway(Platform(environment, workloads, local_target()), LocalAws())
    table = Table("role", "used actions of the statement", "failed at", "otherwise")
    verdicts = []
    for statement in taking.statements(chosen):
        verdict = taking.judge(statement)
        verdicts.append(verdict)
        remark(f"{'✗' if verdict.fault else '✓'} {statement}: {verdict.fault or verdict.place}")
        table.add_row(statement.role, ", ".join(sorted(statement.used)), verdict.place, verdict.fault)
    wrong = sum(bool(verdict.fault) for verdict in verdicts)
    ANSWERS.print(table)
    ANSWERS.print(f"{len(verdicts)} statements taken away, {len(verdicts) - wrong} missed as they should be.")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
