"""Predictions, looked back at: how far off each guess was, and whether they got better."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

FEW = 5  # guesses at each end that are compared


@dataclass(frozen=True)
class Guess:
    """The first guess at one question, and what was measured, both in `unit`."""

    demo: str
    question: str
    guess: float
    measured: float
    unit: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "Guess":
        """A guess as `predict` records it."""
        return cls(
            str(event["demo"]),
            str(event["question"]),
            float(event["guess"]),
            float(event["measured"]),
            str(event.get("unit", "")),
        )

    @property
    def factor(self) -> float | None:
        """By which factor it was off, at least 1; None where a factor means nothing."""
        if not (math.isfinite(self.guess) and math.isfinite(self.measured)):
            return None
        if self.guess <= 0 or self.measured <= 0:
            return None
        factor = max(self.guess / self.measured, self.measured / self.guess)
        return factor if math.isfinite(factor) else None


def summary(guesses: Sequence[Guess]) -> str:
    """How a learner's predictions got better, in a sentence or two."""
    factors = [guess.factor for guess in guesses if guess.factor is not None]
    if not factors:
        return "No predictions yet: each demo asks for one before it measures."
    made = f"{len(factors)} prediction{'s' if len(factors) > 1 else ''}"
    if len(factors) < 2 * FEW:
        return f"You made {made}; half of them were off by a factor of {_two(factors)} or less."
    first, last = factors[:FEW], factors[-FEW:]
    return (
        f"You made {made}. Half of your first {FEW} were off by a factor of {_two(first)} or "
        f"less, half of your last {FEW} by {_two(last)} or less."
    )


def _two(factors: Sequence[float]) -> str:
    return f"{median(factors):.2g}" if median(factors) < 100 else f"{median(factors):,.0f}"
