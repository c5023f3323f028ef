"""The duet: is the candidate `required` times as fast as the reference, on this busy machine?

Both are called on the same fresh inputs, in random order, one frozen while the other runs. What is
compared is CPU time, which other programs on the machine disturb far less than wall-clock time.
Each output is verified. The clocks are this process's own.
"""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from hpclab.measure.evidence import LEAST_PAIRS, Window, decide
from hpclab.measure.intervals import median_interval
from hpclab.measure.runner import Answer, Arguments, CannotTell, Runner
from hpclab.verdicts import Verdict

Make = Callable[[np.random.Generator, int], Arguments]
Verify = Callable[[Arguments, Answer, Answer], None]

WINDOW = 5.0  # wall seconds of a window, if its pairs are short enough
_JITTER = 0.03  # share by which sizes differ, so that no answer can be prepared for a size
_LEAST_CPU = 0.01  # s; shorter calls are made in batches
_MOST_REFERENCE = 0.5  # s of reference a pair that batching may lead to
_MOST_BATCH = 64
_MOST_BYTES = 100e6  # of the arguments of a batch


@dataclass
class Side:
    """A runner and the name of the function that is called in it.

    `path`: time is that of the critical path. `used`: CPU seconds when it was last frozen.
    """

    runner: Runner
    name: str
    path: bool = False
    used: float = 0.0

    def freeze(self) -> None:
        """Stop it, and note the time of its clock."""
        self.runner.freeze()
        self.used = self.runner.cpu()


@dataclass(frozen=True)
class Duet:
    """What a duet found. `ratio` is reference time over candidate time, with a 95 % interval.

    `free` is the share of a core that the machine gave while the calls were made: CPU time, ours
    included, over wall time.
    """

    verdict: Verdict
    ratio: float
    interval: tuple[float, float]
    pairs: int
    windows: int
    free: float
    batch: int
    weakness: str = ""

    def __str__(self) -> str:
        low, high = self.interval
        text = (
            f"{self.ratio:.3g} times as fast (95 % interval {low:.3g} to {high:.3g}, "
            f"{self.pairs} pairs; the machine gave {self.free:.0%} of a core)"
        )
        return f"{text}; {self.weakness}" if self.weakness else text


@dataclass(frozen=True)
class Round:
    """One turn of all sides: CPU seconds of each; CPU (ours too) and wall seconds of all."""

    cpu: list[float]
    busy: float
    wall: float


def duet(
    sides: tuple[Side, Side],
    make: Make,
    size: int,
    required: float,
    verify: Verify,
    rng: np.random.Generator,
    *,
    window: float = WINDOW,
) -> Duet:
    """Ask for the verdict on the second side, the candidate, in up to three windows.

    The first side is the reference. `make(rng, n)` gives fresh arguments for size n (around
    `size`); `verify(args, expected, got)` raises where the candidate's answer is not the
    reference's. CallFailed and what `verify` raises pass through; a machine that gives no CPU time
    makes the duet inconclusive.
    """
    windows: list[Window] = []
    rounds: list[Round] = []
    answer, batch = None, 0
    try:
        batch = warm_up(sides, make, size, verify, rng)
        while answer is None:
            windows.append(one := Window(required))
            began = time.monotonic()
            for turn in take_turns(sides, make, size, batch, verify, rng):
                rounds.append(turn)
                one.add(*turn.cpu)
                late = time.monotonic() - began > window and len(one.ratios) >= LEAST_PAIRS
                if one.answer or late:
                    break
            answer = decide(windows)
    except CannotTell:
        answer = 0
    ratios = [turn.cpu[0] / turn.cpu[1] for turn in rounds]
    verdict = {1: Verdict.PASSED, -1: Verdict.FAILED}.get(answer or 0, Verdict.INCONCLUSIVE)
    ratio, interval = _centre(ratios)
    return Duet(
        verdict, ratio, interval, len(rounds), len(windows), freedom(rounds), batch,
        sides[1].runner.weakness,
    )  # fmt: skip


def warm_up(
    sides: Sequence[Side], make: Make, size: int, verify: Verify, rng: np.random.Generator
) -> int:
    """Compile, check one answer, and find how many calls make a pair long enough to time.

    All sides are frozen afterwards.
    """
    for side in sides:
        side.freeze()
    _turn(sides, [make(rng, size)], verify)  # compiles
    args = make(rng, size)
    cpu = _turn(sides, [args], verify).cpu
    wanted = math.ceil(_LEAST_CPU / min(cpu))
    room = int(_MOST_BYTES / max(1, sum(getattr(arg, "nbytes", 0) for arg in args)))
    return max(1, min(wanted, _MOST_BATCH, int(_MOST_REFERENCE / cpu[0]), room))


def take_turns(
    sides: Sequence[Side],
    make: Make,
    size: int,
    batch: int,
    verify: Verify,
    rng: np.random.Generator,
) -> Iterator[Round]:
    """Round after round, each with fresh inputs of a size of its own."""
    while True:
        n = max(1, round(size * rng.uniform(1 - _JITTER, 1 + _JITTER)))
        yield _turn(sides, [make(rng, n) for _ in range(batch)], verify)


def _turn(sides: Sequence[Side], calls: list[Arguments], verify: Verify) -> Round:
    """Call all sides in random order; compare each answer with that of the first side."""
    cpu = [0.0] * len(sides)
    answers: list[list[Answer]] = [[] for _ in sides]
    began, ours = time.perf_counter(), time.thread_time()
    for i in random.SystemRandom().sample(range(len(sides)), len(sides)):
        cpu[i], answers[i] = timed(sides[i], calls)
    ours, wall = time.thread_time() - ours, time.perf_counter() - began
    if min(cpu) <= 0:
        raise CannotTell("The clock of CPU time is too coarse for calls as short as these.")
    for got in answers[1:]:
        for args, expected, one in zip(calls, answers[0], got, strict=True):
            verify(args, expected, one)
    return Round(cpu, sum(cpu) + ours, wall)


def timed(side: Side, calls: list[Arguments]) -> tuple[float, list[Answer]]:
    """CPU seconds and answers of calls. All that the code did since its last freeze is counted."""
    before = side.used
    side.runner.thaw()
    answers = side.runner.call(side.name, calls, path=side.path)
    side.freeze()
    cpu = sum(answer.path for answer in answers) if side.path else side.used - before
    return cpu, answers


def freedom(rounds: Sequence[Round]) -> float:
    """The share of a core that we were given in these rounds, at most 1."""
    wall = sum(turn.wall for turn in rounds)
    return min(1.0, sum(turn.busy for turn in rounds) / wall) if wall else 0.0


def _centre(ratios: list[float]) -> tuple[float, tuple[float, float]]:
    if not ratios:
        return math.nan, (math.nan, math.nan)
    interval = median_interval(ratios)
    return median(ratios), (interval.low, interval.high)
