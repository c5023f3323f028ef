"""A timed check on code in processes of its own, as grading asks it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from hpclab.checks.language import check
from hpclab.checks.run import run_checks
from hpclab.checks.timed import TimedWork
from hpclab.measure.duet import Side
from hpclab.measure.process import ProcessRunner
from hpclab.verdicts import Result

STEPS, A, B = 400, 0.999999, 1e-6

# 400 dependent steps for each number. The expert takes ten at a time: 10 times as fast.
REFERENCE = f"""
from numba import njit
import numpy as np

@njit(nogil=True)
def reference(x, out):
    for i in range(x.size):
        s = x[i]
        for _ in range({STEPS}):
            s = s * {A} + {B}
        out[i] = s

def returned(x):
    out = np.empty_like(x)
    reference(x, out)
    return out
"""
SLOW = REFERENCE.replace("def reference", "def slow")
HONEST = f"""
from numba import njit
import numpy as np

@njit(nogil=True)
def honest(x, out):
    a, b = 1.0, 0.0
    for _ in range(10):
        a, b = a * {A}, b * {A} + {B}
    for i in range(x.size):
        s = x[i]
        for _ in range({STEPS // 10}):
            s = s * a + b
        out[i] = s
"""
REQUIRED, SIZE = 3.0, 20_000


def make(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers, and room for the results that holds none yet."""
    return rng.random(n), np.full(n, np.nan)


class Isolated(TimedWork):
    """Work in a process of its own; the reference is already running in another."""

    def __init__(self, cells: Sequence[str], reference: ProcessRunner) -> None:
        super().__init__()
        self._cells, self._reference = cells, reference

    @contextmanager
    def _beside(
        self, name: str, references: Sequence[Callable[..., Any]], threads: int
    ) -> Iterator[list[Side]]:
        with ProcessRunner(self._cells) as runner:
            yield [Side(self._reference, references[0].__name__), Side(runner, name)]


def reference() -> None:
    """Stands for the reference, which runs elsewhere; it fills `out`."""


def returned() -> None:
    """Stands for the reference that returns its result."""


def ask(cells: Sequence[str], runner: ProcessRunner, *, returns: bool = False) -> Result:
    """What a check that asks for REQUIRED times the reference's speed says of `f`."""

    def question(work: Isolated) -> None:
        """It is fast."""
        if returns:
            work.faster_than("f", returned, lambda rng, n: (rng.random(n),), SIZE, REQUIRED)
        else:
            work.faster_than("f", reference, make, SIZE, REQUIRED)

    (result,) = run_checks([check(task="t")(question)], Isolated(cells, runner))
    return result
