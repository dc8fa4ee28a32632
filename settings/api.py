"""The API: its limits, who may ask it, and what (`api:` in an environment's settings)."""

import re
from typing import Literal

from pydantic import Field, field_validator

from settings.errors import not_allowed
from settings.schema import Finding, Section, rejected

_CLIENT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class ApiKeys(Section):
    """Who needs a key to have a model asked, and how much a key is good for."""

    clients: tuple[str, ...] = Field(
        strict=False,
        min_length=1,
        max_length=100,
        description=(
            "a list of different names, each of which gets a key: lower-case letters and digits, "
            "in words joined by single dashes, starting with a letter"
        ),
    )
    monthly_quota: int = Field(
        gt=0, description="how many requests a key is good for in a month, a whole number above 0"
    )
    throttling_rate: float = Field(
        gt=0, description="how many requests a second a key is good for, a number above 0"
    )
    throttling_burst: int = Field(
        gt=0, description="how many requests at once a key is good for, a whole number above 0"
    )

    @field_validator("clients")
    @classmethod
    def _distinct_names(cls, clients: tuple[str, ...]) -> tuple[str, ...]:
        allowed = cls.model_fields["clients"].description or ""
        found = [
            Finding(("clients", place), not_allowed(name, allowed))
            for place, name in enumerate(clients)
            if not _CLIENT.fullmatch(name) or name in clients[:place]
        ]
        if found:
            raise rejected(*found)
        return clients


class Api(Section):
    """The recommendation API's limits."""

    throttling_rate: float = Field(
        gt=0, description="the throttling rate is requests a second, a number above 0"
    )
    throttling_burst: int = Field(
        gt=0, description="the throttling burst is requests at once, a whole number above 0"
    )
    waf: bool = Field(
        default=True, description="true puts a web application firewall before the API, false doesn't"
    )
    log_role: Literal["own", "account"] = Field(
        default="own",
        description=(
            "own makes the role with which API Gateway writes logs and sets it for the account and region, "
            "account relies on the one set there"
        ),
    )
    predictions: tuple[str, ...] = Field(
        default=(),
        strict=False,
        description="a list of workloads that the API predicts with, each at /predictions/<workload>",
    )
    keys: ApiKeys | None = Field(
        default=None,
        description=(
            "null, or a mapping with clients, monthly_quota, throttling_rate and throttling_burst: "
            "then only who has a key may have a model asked"
        ),
    )

    @field_validator("predictions")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        found = [
            Finding(("predictions", place), not_allowed(name, "each workload is named once"))
            for place, name in enumerate(names)
            if name in names[:place]
        ]
        if found:
            raise rejected(*found)
        return names
