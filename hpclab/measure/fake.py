"""A clock and functions of known cost, on which a way of measuring can be tested exactly.

Nothing here takes the time that it says: a call moves the fake clock forward, by what the call of a
real function would take on a machine with these faults.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np


@dataclass(frozen=True)
class Cost:
    """What each call of a function takes, in seconds.

    `first` is added to the first call: compilation, cold caches. `interruptions` are added to the
    calls of these numbers, 0 being the first. `noise`, as a share of `seconds`, is the mean of what
    is added to every call at random; other work of a machine makes a call longer, never shorter.
    """

    seconds: float
    first: float = 0.0
    interruptions: Mapping[int, float] = field(default_factory=dict)
    noise: float = 0.0


class FakeRun(NamedTuple):
    """What a function made of a fake machine.

    `result` is what it returned, `calls` the numbers of the functions in the order of their calls,
    `reads` how often it read the clock, `seconds` what it took altogether on the fake clock.
    """

    result: Any
    calls: list[int]
    reads: int
    seconds: float


class FakeMachine:
    """A clock with a resolution, and functions without arguments whose calls move it forward.

    The clock shows whole multiples of `resolution` (s), and a reading takes `read` (s). `drift` is
    what a call grows by in each second that has passed, as a share: a machine that grows hot or
    busy. The same `seed` gives the same noise.
    """

    def __init__(
        self,
        costs: Sequence[Cost],
        *,
        resolution: float = 1e-9,
        read: float = 2e-8,
        drift: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.seconds = 0.0
        self.calls: list[int] = []
        self.reads = 0
        self._resolution, self._read, self._drift = resolution, read, drift
        self._rng = np.random.default_rng(seed)
        self._called = [0] * len(costs)
        self.functions: list[Callable[[], None]] = [
            self._function(number, cost) for number, cost in enumerate(costs)
        ]

    def clock(self) -> float:
        """The time that the clock shows, in seconds since some start."""
        self.reads += 1
        self.seconds += self._read
        return math.floor(self.seconds / self._resolution) * self._resolution

    def _function(self, number: int, cost: Cost) -> Callable[[], None]:
        """A function that shows its cost to nobody who may only call it: no `partial`."""

        def call() -> None:
            self._call(number, cost)

        return call

    def _call(self, number: int, cost: Cost) -> None:
        before = self._called[number]
        self._called[number] += 1
        self.calls.append(number)
        taken = cost.seconds * (1 + self._drift * self.seconds)
        taken += cost.seconds * cost.noise * self._rng.exponential() if cost.noise else 0.0
        taken += cost.first * (before == 0) + cost.interruptions.get(before, 0.0)
        self.seconds += taken


def on_fake_machine(
    function: Callable[..., Any], costs: Sequence[Cost], *args: Any, **machine: Any
) -> FakeRun:
    """`function(f, g, ..., clock, *args)` with a function for each of `costs`, and a clock."""
    fake = FakeMachine(costs, **machine)
    result = function(*fake.functions, fake.clock, *args)
    return FakeRun(result, fake.calls, fake.reads, fake.seconds)
