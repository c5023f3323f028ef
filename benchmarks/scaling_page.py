"""The numbers that book/lessons/scaling.md quotes: own virtual times, and recorded ones.

    NUMBA_NUM_THREADS=4 python benchmarks/scaling_page.py

Virtual times are medians of 25 rounds in which the cases take turns. All else is computed from
hpclab.recorded; tests/content/laws/test_scaling.py holds the page to it.
"""

import os

os.environ.setdefault("NUMBA_NUM_THREADS", "4")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads sleep and do not spin

import numpy as np
from numba import njit, prange

from hpclab import recorded, scaling
from hpclab.measure.intervals import median_interval
from hpclab.measure.regions import critical_path, using_threads, with_regions

N, TURNS, ROUNDS = 600_000, 700_000, 25  # as in notebooks/scaling.py


@njit(parallel=True)
def step(level, out, turns):
    for i in prange(level.size):
        x = level[i]
        for _ in range(40):
            x = 0.5 * (x + level[i] / x)
        out[i] = x
    carry = 0.0
    for i in range(turns):
        carry = 0.9 * carry + out[i % out.size]
    return carry


def own():
    watched = with_regions(step)
    level = 1 + np.random.default_rng(1).random(4 * N)
    out = np.zeros_like(level)

    def once(threads, n, turns):
        with using_threads(threads):
            return critical_path(lambda: watched(level[:n], out[:n], turns))[1]

    once(4, 100, 100)  # compiles
    strong = [(p, N, TURNS) for p in (1, 2, 4)]
    weak = [(p, p * N, TURNS) for p in (2, 4)] + [(1, p * N, TURNS) for p in (2, 4)]
    times = {case: [] for case in [*strong, *weak, (1, N, 0)]}
    for _ in range(ROUNDS):
        for case, samples in times.items():
            samples.append(once(*case))
    for case, samples in times.items():
        low, high = median_interval(samples).low, median_interval(samples).high
        median = 1e3 * float(np.median(samples))
        print(case, f"{median:.2f} ms ({1e3 * low:.2f} to {1e3 * high:.2f})")
    middle = {case: float(np.median(samples)) for case, samples in times.items()}
    print(f"serial, timed alone: {1 - middle[1, N, 0] / middle[1, N, TURNS]:.1%}")
    print(scaling({p: times[p, n, t] for p, n, t in strong}, times="virtual"))
    for p in (2, 4):
        scaled = middle[1, p * N, TURNS] / middle[p, p * N, TURNS]
        print(f"{p}: scaled speed-up {scaled:.2f}, gamma {(p - scaled) / (p - 1):.1%}")


def records():
    for name, limit in (("ocean", 32), ("motorbike", 16)):
        runs = getattr(recorded, name)
        fit = scaling({p: s for p, s in runs.seconds.items() if p <= limit})
        print(name, runs.source)
        print(f"  fitted to {limit}: {fit.serial_fraction:.3%}; points {fit.serial_fractions}")
        full = scaling(runs.seconds)
        print(f"  recorded: speed-up {full.speed_up}, efficiency {full.efficiency}")
        print(f"  serial fractions {full.serial_fractions}")


if __name__ == "__main__":
    own()
    records()
