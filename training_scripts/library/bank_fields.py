"""The columns of the UCI Bank Marketing data set, and how a call becomes features.

What the bank doesn't know is the category `unknown` in the source, and stays one. Uses the standard library
only.
"""

from __future__ import annotations

from library.encoding import Encoder, Indicator
from library.fields import Category, Field, Number

LABEL = "subscribed"
NOT_SUBSCRIBED = "no"
SUBSCRIBED = "yes"
NEVER_CALLED = 999
"""What `pdays` holds when the client was never called before."""

ANSWER = Category("y", (NOT_SUBSCRIBED, SUBSCRIBED))
DURATION = Number("duration", 0, 100_000)
ECONOMY: tuple[Field, ...] = (
    Number("emp.var.rate", -100, 100, whole=False),
    Number("cons.price.idx", 0, 1_000, whole=False),
    Number("cons.conf.idx", -1_000, 1_000, whole=False),
    Number("euribor3m", -100, 100, whole=False),
    Number("nr.employed", 0, 1_000_000, whole=False),
)
_YES_OR_NO = ("no", "yes", "unknown")
BEFORE_DURATION: tuple[Field, ...] = (
    Number("age", 0, 120),
    Category(
        "job",
        (
            "admin.",
            "blue-collar",
            "entrepreneur",
            "housemaid",
            "management",
            "retired",
            "self-employed",
            "services",
            "student",
            "technician",
            "unemployed",
            "unknown",
        ),
    ),
    Category("marital", ("divorced", "married", "single", "unknown")),
    Category(
        "education",
        (
            "illiterate",
            "basic.4y",
            "basic.6y",
            "basic.9y",
            "high.school",
            "professional.course",
            "university.degree",
            "unknown",
        ),
    ),
    Category("default", _YES_OR_NO),
    Category("housing", _YES_OR_NO),
    Category("loan", _YES_OR_NO),
    Category("contact", ("cellular", "telephone")),
    Category("month", ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    Category("day_of_week", ("mon", "tue", "wed", "thu", "fri")),
)
AFTER_DURATION: tuple[Field, ...] = (
    Number("campaign", 1, 1_000),
    Number("pdays", 0, NEVER_CALLED),
    Number("previous", 0, 1_000),
    Category("poutcome", ("failure", "nonexistent", "success")),
)
COLUMNS: tuple[Field, ...] = (*BEFORE_DURATION, DURATION, *AFTER_DURATION, *ECONOMY, ANSWER)

INDICATORS = (
    Indicator("no_previous_contact", "pdays", (NEVER_CALLED,)),
    Indicator("not_working", "job", ("student", "retired", "unemployed")),
)


def encoder_of(*, keep_economic_columns: bool) -> Encoder:
    """Return how a call becomes a row: without its duration, and with or without the state of the economy."""
    fields = (*BEFORE_DURATION, *AFTER_DURATION, *(ECONOMY if keep_economic_columns else ()))
    ignored = tuple(column.name for column in COLUMNS if column not in fields)
    return Encoder(LABEL, fields, INDICATORS, ignored)


EXAMPLE = {
    "age": 30,
    "job": "admin.",
    "marital": "single",
    "education": "university.degree",
    "default": "no",
    "housing": "yes",
    "loan": "no",
    "contact": "cellular",
    "month": "mar",
    "day_of_week": "mon",
    "campaign": 1,
    "pdays": NEVER_CALLED,
    "previous": 0,
    "poutcome": "nonexistent",
}
"""A call, in the words of the bank."""
ECONOMY_EXAMPLE = {
    "emp.var.rate": -1.8,
    "cons.price.idx": 92.843,
    "cons.conf.idx": -50.0,
    "euribor3m": 1.811,
    "nr.employed": 5099.1,
}
"""The state of the economy at the time of a call."""
