"""Partial credit for speed: where a candidate stands between a naive and an expert version."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from hpclab.measure.duet import WINDOW, Make, Side, Verify, freedom, take_turns, warm_up
from hpclab.measure.evidence import LEAST_PAIRS
from hpclab.measure.intervals import median_interval
from hpclab.measure.runner import CannotTell

_NARROW = 0.1  # width of the interval of the share at which a window may end
_TOO_WIDE = 0.3
_LEAST_GAP = 1.5  # times that the expert's version has to be faster than the naive one


@dataclass(frozen=True)
class Credit:
    """A share 0..1 with its 95 % interval, or None where the machine could not tell."""

    share: float | None
    interval: tuple[float, float]
    rounds: int
    free: float
    weakness: str

    def __str__(self) -> str:
        low, high = self.interval
        text = (
            f"{low:.2f} to {high:.2f} of the way from the naive to the expert's version "
            f"({self.rounds} rounds; the machine gave {self.free:.0%} of a core)"
        )
        return f"{text}; {self.weakness}" if self.weakness else text


def credit(
    sides: Sequence[Side], make: Make, size: int, verify: Verify, rng: np.random.Generator
) -> Credit:
    """Time the naive, the expert's and the candidate's version in the same rounds.

    The share is log(t_naive / t) / log(t_naive / t_expert), within 0..1: each doubling of the speed
    is worth the same. CannotTell where the expert's version is not well ahead of the naive one.
    """
    batch = warm_up(sides, make, size, verify, rng)
    rounds, shares, gaps = [], [], []
    began = time.monotonic()
    for turn in take_turns(sides, make, size, batch, verify, rng):
        rounds.append(turn)
        naive, expert, candidate = turn.cpu
        gaps.append(naive / expert)
        shares.append(share(naive, expert, candidate))
        if len(rounds) >= LEAST_PAIRS:
            low, high, _ = median_interval(shares)
            if high - low < _NARROW or time.monotonic() - began > WINDOW:
                break
    if median(gaps) < _LEAST_GAP:
        raise CannotTell(
            f"The expert's version was {median(gaps):.2f} times as fast as the naive one here; "
            f"with less than {_LEAST_GAP} times there is nothing to grade."
        )
    found = median(shares) if high - low <= _TOO_WIDE else None
    return Credit(found, (low, high), len(rounds), freedom(rounds), sides[-1].runner.weakness)


def share(naive: float, expert: float, candidate: float) -> float:
    """The share of one round of times, all above 0, in any unit."""
    if expert >= naive:
        return 1.0 if candidate <= expert else 0.0
    return max(0.0, min(1.0, math.log(naive / candidate) / math.log(naive / expert)))
