"""What analysts may ask of the prepared data."""

from pydantic import Field

from settings.schema import Section

# https://docs.aws.amazon.com/athena/latest/APIReference/API_WorkGroupConfiguration.html
_SMALLEST_LIMIT_MB = 10


class Catalogue(Section):
    """The tables over the prepared data, and the workgroup in which they are queried."""

    scan_limit_mb: int = Field(
        default=10_000,
        ge=_SMALLEST_LIMIT_MB,
        description=(
            f"a query is ended when it has read so many megabytes, a whole number from {_SMALLEST_LIMIT_MB}"
        ),
    )
