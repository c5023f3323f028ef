"""Timing calls beside each other: what `hpclab.bench` and `hpclab.compare` show."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Clock = Callable[[], float]
Kind = Literal["wall", "cpu"]

_SHORTEST = 0.01  # s; a sample this long is 10,000 times what reading a clock costs


@dataclass(frozen=True)
class Timing:
    """One function's times, in seconds.

    wall, cpu: seconds a call, one sample a round; the mean over the `repeats` calls that a
    sample takes in. cpu is the time of all threads of this process. warm_up: wall seconds of the
    very first call, which compiles and fills caches; it is in no sample.
    """

    wall: tuple[float, ...]
    cpu: tuple[float, ...]
    warm_up: float
    repeats: int

    def samples(self, kind: Kind) -> tuple[float, ...]:
        """The samples of one kind of time."""
        if kind not in get_args(Kind):
            raise ValueError(f"times: expected 'wall' or 'cpu' (given: {kind!r})")
        return self.wall if kind == "wall" else self.cpu


def time_calls(
    calls: Mapping[str, Callable[[], Any]],
    rounds: int = 20,
    wall: Clock = time.perf_counter,
    cpu: Clock = time.process_time,
) -> dict[str, Timing]:
    """Time named calls, which take no arguments; the clocks give seconds.

    Each call is made once before, as its warm-up. Then come the rounds: in each, every call takes
    one turn, in an order drawn anew, so that a machine that grows busy slows them all alike. A
    turn repeats the call until it lasts about 10 ms. The empty loop around the calls, some 20 ns
    a call, is part of the sample. Source: Hoefler and Belli, SC 2015, rules 5 and 10.
    """
    _expect(calls, rounds)
    warm_ups = {name: _turn(call, 1, wall, cpu)[0] for name, call in calls.items()}
    repeats = {name: _enough(call, wall, cpu) for name, call in calls.items()}
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    order = list(calls)
    shuffle = random.Random(0).shuffle  # our own: the caller's random numbers stay as they are
    for _ in range(rounds):
        shuffle(order)
        for name in order:
            samples[name].append(_turn(calls[name], repeats[name], wall, cpu))
    return {
        name: Timing(
            wall=tuple(seconds for seconds, _ in taken),
            cpu=tuple(seconds for _, seconds in taken),
            warm_up=warm_ups[name],
            repeats=repeats[name],
        )
        for name, taken in samples.items()
    }


def _turn(call: Callable[[], Any], repeats: int, wall: Clock, cpu: Clock) -> tuple[float, float]:
    """Wall and CPU seconds a call."""
    wall_start, cpu_start = wall(), cpu()
    for _ in range(repeats):
        call()
    return (wall() - wall_start) / repeats, (cpu() - cpu_start) / repeats


def _enough(call: Callable[[], Any], wall: Clock, cpu: Clock) -> int:
    """How many calls last about as long as a sample should; powers of two are tried."""
    repeats = 1
    while repeats * _turn(call, repeats, wall, cpu)[0] < _SHORTEST:
        repeats *= 2
    return repeats


def _expect(calls: Mapping[str, Callable[[], Any]], rounds: int) -> None:
    if not calls:
        raise ValueError("Nothing to time: expected at least one function (given: an empty dict)")
    for name, call in calls.items():
        if not callable(call):
            raise TypeError(
                f"{name}: expected a function, such as `lambda: f(x)` (given: {call!r}). "
                "A call, f(x), would run before it could be timed."
            )
    if rounds < 1:
        raise ValueError(f"rounds: expected 1 or more (given: {rounds})")
