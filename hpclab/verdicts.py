"""The words for what became of a check, and the record that carries them."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What became of one check.

    *Unattempted* is not wrong: the task still raises NotImplementedError. *Inconclusive* means
    that the machine could not tell; it is never counted as a failure. *Skipped* checks stand
    behind another check that did not pass, or their task is unattempted.
    """

    PASSED = "passed"
    PARTIAL = "partial"
    FAILED = "failed"
    UNATTEMPTED = "unattempted"
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"

    @property
    def symbol(self) -> str:
        """A sign that can be told apart without colour."""
        return _SYMBOLS[self]


_SYMBOLS = {
    Verdict.PASSED: "✓",
    Verdict.PARTIAL: "◐",
    Verdict.FAILED: "✗",
    Verdict.UNATTEMPTED: "○",
    Verdict.INCONCLUSIVE: "?",
    Verdict.SKIPPED: "–",
}


@dataclass(frozen=True)
class Result:
    """One check's verdict and, if it did not pass, the evidence. Points are floats.

    `measured` says what was timed, whatever the verdict.
    """

    name: str
    task: str
    description: str
    verdict: Verdict
    points: float
    earned: float
    called: str = ""
    got: str = ""
    expected: str = ""
    why: str = ""
    measured: str = ""
    printed: str = field(default="", repr=False)

    def to_json(self) -> dict[str, Any]:
        """The record as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Result":
        """The record back from JSON values."""
        return cls(**{**record, "verdict": Verdict(record["verdict"])})
