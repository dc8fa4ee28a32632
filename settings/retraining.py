"""What starts a workload's training beside a person."""

import re
from collections.abc import Sequence

from pydantic import Field, field_validator

from settings.errors import not_allowed
from settings.schema import Finding, Section, rejected

_RATE = re.compile(r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)")
_CRON = re.compile(r"cron\((\S+ ){5}\S+\)")


class Retraining(Section):
    """New data, a schedule, drift: each starts a training whose model goes through the gate and approval."""

    on_new_data: bool = Field(
        default=False, description="true: a training starts when new data is complete; or false"
    )
    on_drift: bool = Field(
        default=False, description="true: a training starts when the monitoring finds drift; or false"
    )
    schedule: str | None = Field(
        default=None, description="when trainings start, as rate(7 days) or cron(0 6 ? * MON *); or null"
    )

    @field_validator("schedule")
    @classmethod
    def _expression(cls, schedule: str | None) -> str | None:
        """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html."""
        if schedule and not (_RATE.fullmatch(schedule) or _CRON.fullmatch(schedule)):
            allowed = "a schedule is rate(1 day), rate(7 days) or cron with six fields: cron(0 6 ? * MON *)"
            raise rejected(Finding(("schedule",), not_allowed(schedule, allowed)))
        return schedule

    def findings(self, sourceless: Sequence[str], *, watched: bool) -> list[Finding]:
        """Say what could never start, or never succeed: `sourceless` files have no address to come from."""
        found = []
        if self.on_drift and not watched:
            allowed = "nothing looks for drift: give the workload a monitoring"
            found.append(Finding(("retraining", "on_drift"), not_allowed(True, allowed)))
        for field, asked in (("on_drift", self.on_drift), ("schedule", self.schedule)):
            if asked and sourceless:
                allowed = f"nobody is there to bring {', '.join(sourceless)}: give each data file a source"
                found.append(Finding(("retraining", field), not_allowed(asked, allowed)))
        return found
