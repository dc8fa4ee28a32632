"""The columns of the quiz's answers. Uses the standard library only."""

from __future__ import annotations

from library.encoding import Encoder
from library.fields import Number

QUESTIONS = ("age", "occupation", "relaxing_activity", "colour", "extreme_sport")
ANSWERS = range(1, 9)
LABEL = "mysfit"
ENCODER = Encoder(LABEL, tuple(Number(question, ANSWERS[0], ANSWERS[-1]) for question in QUESTIONS))
