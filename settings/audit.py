"""What is recorded of who did what."""

from pydantic import Field

from settings.schema import Section


class Audit(Section):
    """A trail of CloudTrail: who read and wrote which object, and what it records besides."""

    management_events: bool = Field(
        default=True,
        description="true also records what manages the account, in every region; false objects only",
    )
    log_group: bool = Field(
        default=True,
        description="true also delivers to a log group of CloudWatch, false to the log bucket only",
    )
