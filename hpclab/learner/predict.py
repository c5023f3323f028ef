"""`predict`: a guess before the measurement, shown beside it afterwards."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hpclab.learner.progress import progress

_START = Path.cwd()


@dataclass(frozen=True)
class Prediction:
    """A guess at a number, in `unit`."""

    question: str
    guess: float
    unit: str = ""

    def reveal(self, measured: float) -> None:
        """Print the guess beside what was measured, and keep both with the progress."""
        print(
            f"{self.question}\n  you guessed {self._text(self.guess)}; "
            f"this machine: {self._text(measured)}"
        )
        progress(_START).record(
            "prediction",
            # Jupyter Server tells a kernel which notebook it serves; all demos share a folder.
            demo=Path(os.environ.get("JPY_SESSION_NAME", _START)).stem,
            question=self.question,
            guess=float(self.guess),
            measured=float(measured),
            unit=self.unit,
        )

    def mark(self, ax: Any, axis: Literal["x", "y"] = "y") -> None:
        """Draw the guess as a dashed line across a Matplotlib axes; `axis` is the value's axis."""
        line = ax.axvline if axis == "x" else ax.axhline
        line(
            self.guess,
            linestyle="--",
            color=ax.xaxis.label.get_color(),
            linewidth=1.2,
            label=f"your guess: {self._text(self.guess)}",
        )

    def _text(self, value: float) -> str:
        number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
        return f"{number} {self.unit}".strip()


def predict(question: str, guess: float, unit: str = "") -> Prediction:
    """Take the reader's guess, a number edited in the cell, before anything is measured."""
    if isinstance(guess, bool) or not isinstance(guess, int | float):
        raise TypeError(f"guess: expected a number (given: {guess!r})")
    return Prediction(question, float(guess), unit)
