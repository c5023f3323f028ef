"""What this machine sustains: bytes a second from memory, and floating-point operations."""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from hpclab.measure.bench import time_calls
from hpclab.measure.hardware import cpu_features, simd_bits
from hpclab.measure.intervals import Interval, median_interval
from hpclab.measure.machine import cores

ELEMENTS = 8_000_000  # float64 in each of three arrays: 64 MB, more than most caches hold
CHAINS = 12  # FMAs under way at once: fills two units of latency 4 to 6, fits 16 registers
_STEPS = 5_000_000  # about 12 ms at two FMAs a cycle
ROUNDS = 15


@dataclass(frozen=True)
class Rate:
    """A rate over some rounds, in units a second: median, its 95 % interval, and the best."""

    median: float
    interval: Interval
    best: float


@dataclass(frozen=True)
class Sustained:
    """What `cores` cores sustain together; a roof for `hpclab.roofline`.

    triad: byte/s of STREAM's `z[i] = x[i] + a * y[i]`, with the 24 bytes an element that STREAM
    counts. Where a core fetches a cache line before it writes to it, 32 move.
    update: byte/s of `z[i] += a * x[i]`, 24 bytes an element. It reads what it writes, so the
    bytes counted are the bytes moved.
    flops: flop/s of fused multiply-adds on vectors of `lanes` float64, two flop a lane.
    """

    cores: int
    lanes: int
    triad: Rate
    update: Rate
    flops: Rate

    @property
    def peak(self) -> float:
        """The best flop/s seen."""
        return self.flops.best

    @property
    def bandwidth(self) -> float:
        """The best byte/s seen, in bytes that move between core and memory."""
        return self.update.best


@functools.cache
def sustained() -> tuple[Sustained, Sustained]:
    """One core, and all cores that this process may use; measured once a process, in some 3 s.

    Source of the triad: McCalpin, "Memory Bandwidth and Machine Balance in Current High
    Performance Computers", 1995.
    """
    lanes = max(simd_bits(cpu_features()), 128) // 64
    counts = (1, cores())
    with ThreadPoolExecutor(cores()) as pool:
        calls = {
            f"{name} {count}": functools.partial(_together, pool, kernel, count)
            for name, kernel in _kernels(lanes).items()
            for count in set(counts)
        }
        times = time_calls(calls, ROUNDS)

    def rate(name: str, count: int, work: float) -> Rate:
        rates = sorted(work / seconds for seconds in times[f"{name} {count}"].wall)
        return Rate(float(np.median(rates)), median_interval(rates), rates[-1])

    one, together = (
        Sustained(
            cores=count,
            lanes=lanes,
            triad=rate("triad", count, 24 * ELEMENTS),
            update=rate("update", count, 24 * ELEMENTS),
            flops=rate("flops", count, 2 * lanes * CHAINS * _STEPS * count),
        )
        for count in counts
    )
    return one, together


# A kernel does its share of the work: part 0, 1, ... of so many.
Kernel = Callable[[int, int], Any]


def _together(pool: ThreadPoolExecutor, kernel: Kernel, count: int) -> None:
    """Let `count` threads do a part each, and wait for all; the kernels release the GIL."""
    list(pool.map(kernel, range(count), [count] * count))


def _kernels(lanes: int) -> dict[str, Kernel]:
    from numba import njit

    from hpclab.measure.fma import fma_chains

    x, y, z = (np.ones(ELEMENTS) for _ in range(3))
    chains = fma_chains(lanes, CHAINS)

    @njit("(f8[::1], f8[::1], f8[::1])", nogil=True)
    def triad(x: Any, y: Any, z: Any) -> None:
        for i in range(z.size):
            z[i] = x[i] + 0.5 * y[i]

    @njit("(f8[::1], f8[::1])", nogil=True)
    def update(x: Any, z: Any) -> None:
        for i in range(z.size):
            z[i] += 1e-9 * x[i]

    def part(which: int, count: int) -> slice:
        return slice(which * ELEMENTS // count, (which + 1) * ELEMENTS // count)

    return {
        "triad": lambda k, n: triad(x[part(k, n)], y[part(k, n)], z[part(k, n)]),
        "update": lambda k, n: update(x[part(k, n)], z[part(k, n)]),
        "flops": lambda k, n: chains(_STEPS),
    }
