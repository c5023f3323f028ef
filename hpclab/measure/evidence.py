"""The statistics of a duet: from ratios of CPU times to passed, failed or *cannot tell*.

Everything here is arithmetic on numbers; no clock is read.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

MARGIN = 1.1  # a ratio is tested at required / MARGIN, so that exactly the required one passes
_NEEDED = 5.0  # |sum of evidence| at which a window decides
LEAST_PAIRS = 5
# Noise of the log ratios up to which one passing window is enough. At 0.3 and true noise of 0.28,
# 14 of 1,500 simulated candidates at 0.8 of the required ratio passed; at 0.15, 3 did.
_CALM = 0.15
MOST_WINDOWS = 3


@dataclass
class Window:
    """A sequential test of one window: is the ratio at least `required`?

    Each pair gives evidence clip(log(ratio / s) / log 1.1, -1, 1) with s = required / 1.1: a
    sequential probability ratio test (Wald 1945) whose steps are clipped, so that one disturbed
    pair weighs no more than one undisturbed pair.
    """

    required: float
    ratios: list[float] = field(default_factory=list)
    evidence: float = 0.0

    def add(self, reference: float, candidate: float) -> None:
        """Take in one pair of CPU times (any unit, above 0)."""
        if not (reference > 0 and candidate > 0):
            raise ValueError(f"expected two times above 0 (given: {reference}, {candidate})")
        ratio = reference / candidate
        self.ratios.append(ratio)
        step = math.log(ratio * MARGIN / self.required) / math.log(MARGIN)
        self.evidence += max(-1.0, min(1.0, step))

    @property
    def answer(self) -> int:
        """1: fast enough; -1: too slow; 0: not known yet."""
        if len(self.ratios) < LEAST_PAIRS or abs(self.evidence) < _NEEDED - 1e-9:
            return 0
        return 1 if self.evidence > 0 else -1

    @property
    def noise(self) -> float:
        """Spread of the log ratios: 1.4826 times their median absolute deviation."""
        logs = [math.log(ratio) for ratio in self.ratios]
        centre = median(logs)
        return 1.4826 * median(abs(value - centre) for value in logs)

    @property
    def calm(self) -> bool:
        """Whether the pairs agree well enough for one window to be believed."""
        return self.noise <= _CALM


def decide(windows: Sequence[Window]) -> int | None:
    """1: passed; -1: failed; 0: inconclusive; None: another window is needed.

    A fail is confirmed by a second one. So is a pass, unless its window is calm and none failed.
    """
    answers = [window.answer for window in windows]
    if -1 not in answers and any(w.answer == 1 and w.calm for w in windows):
        return 1
    for answer in (1, -1):
        if answers.count(answer) >= 2:
            return answer
    return 0 if len(windows) >= MOST_WINDOWS else None
