"""How often a timed check errs: verdicts at known ratios under six loads, beside the naive method.

    python benchmarks/verdicts.py --quick     about 3 minutes
    python benchmarks/verdicts.py             under an hour

Two kernels, one bound by arithmetic and one by memory, do a known share of the reference's work, so
that the true ratio is known. *Traces* are pairs of calls recorded in two frozen and thawed
processes while the load runs; verdicts are formed from consecutive pairs, with the ratio shifted
to each value. *Live* verdicts are whole duets, with work that differs. Naive: the same pairs by the
wall clock, one run each, or means of five runs each, one after the other.
"""

import argparse
import itertools
import random
import statistics
import time
from collections import Counter

import numpy as np

from autograder.calibrate.load import LOADS, load
from hpclab.measure.duet import Side, duet, timed
from hpclab.measure.evidence import LEAST_PAIRS, MARGIN, Window, decide
from hpclab.measure.process import ProcessRunner
from hpclab.verdicts import Verdict

REQUIRED = 2.0
RATIOS = [0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0]  # true ratio over the required one
FAR = 1.25
_MOST_PAIRS = 100  # of a window formed from a trace; five seconds at most when it was recorded

CELL = """
import numpy as np
from numba import njit
a, b, c = (np.ones(9_000_000) for _ in range(3))

@njit
def arithmetic(x, steps):
    for _ in range(steps):
        x = x * 0.999999 + 1e-6
    return x

@njit
def one_pass(a, b, c, x, steps):
    for i in range(steps):
        a[i] = b[i] + x * c[i]
    return a[0]

def memory(x, steps):
    return one_pass(a, b, c, x, steps)
"""
for name, share in itertools.product(("arithmetic", "memory"), RATIOS):
    CELL += f"""
def {name}_{round(share * 100)}(x, steps):
    return {name}(x, int(steps / {REQUIRED * share}))
"""
STEPS = {"arithmetic": 8_000_000, "memory": 8_000_000}  # 15 to 25 ms of the reference


def trace(sides, kernel, seconds):
    """Pairs at a true ratio of REQUIRED: rows of (CPU, wall) of both sides."""
    for side in sides:
        side.freeze()
    rows = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        args = random.random(), round(STEPS[kernel] * random.uniform(0.97, 1.03))
        row = [None, None]
        for i in random.sample(range(2), 2):
            began = time.perf_counter()
            cpu, _ = timed(sides[i], [args])
            row[i] = cpu, time.perf_counter() - began
        rows.append(row)
    return np.array(rows)


def from_trace(rows, share):
    """Verdicts of the duet's rule on consecutive pairs, and how many windows that took."""
    verdicts, windows, used, at = Counter(), [], 0, 0
    while at < len(rows):
        window = Window(REQUIRED)
        for (reference, _), (candidate, _) in rows[at : at + _MOST_PAIRS]:
            window.add(reference * share, candidate)
            at += 1
            if window.answer:
                break
        if not window.answer and len(window.ratios) < _MOST_PAIRS:
            break  # the trace ends in the middle of a window
        windows.append(window)
        used += 1
        answer = decide(windows)
        if answer is not None:
            verdicts[answer] += 1
            windows = []
    return verdicts, used


def naive(rows, share, count):
    """Wall clock: `count` runs of the reference, then as many of the candidate."""
    verdicts = Counter()
    block = 2 * count if count > 1 else 1
    for at in range(0, len(rows) - block + 1, block):
        part = rows[at : at + block]
        reference = statistics.mean(part[:count, 0, 1])
        candidate = statistics.mean(part[-count:, 1, 1])
        verdicts[1 if reference * share / candidate >= REQUIRED / MARGIN else -1] += 1
    return verdicts


def live(reference, candidate, kernel, share):
    """One whole duet on work that truly has this ratio."""

    def make(rng, n):
        return float(rng.random()), n

    sides = Side(reference, kernel), Side(candidate, f"{kernel}_{round(share * 100)}")
    found = duet(sides, make, STEPS[kernel], REQUIRED, lambda *_: None, np.random.default_rng())
    return {Verdict.PASSED: 1, Verdict.FAILED: -1}.get(found.verdict, 0), found.windows


def row(title, counts):
    """One line: pass / inconclusive / fail in per cent, at each ratio."""
    cells = []
    for share in RATIOS:
        n = sum(counts[share].values()) or 1
        cells.append("/".join(f"{100 * counts[share][v] / n:.0f}" for v in (1, 0, -1)))
    print(f"{title:34s}" + "".join(f"{cell:>11s}" for cell in cells), flush=True)


def summary(title, counts, windows):
    """Errors at FAR and beyond, with the 95 % bound that so many verdicts allow."""
    for side, wrong, chosen in (
        ("false passes", 1, [r for r in RATIOS if r <= 1 / FAR + 1e-9]),
        ("false fails", -1, [r for r in RATIOS if r >= FAR]),
    ):
        n = sum(sum(counts[r].values()) for r in chosen)
        errors = sum(counts[r][wrong] for r in chosen)
        unsure = sum(counts[r][0] for r in chosen)
        bound = 1 - 0.05 ** (1 / n) if not errors else float("nan")
        used = sum(windows[r] for r in chosen)
        print(
            f"{title}: {errors} {side} in {n:,} verdicts ({used:,} windows) at {FAR}x and beyond; "
            + (f"95 % bound {100 * bound:.2f} %; " if not errors else "")
            + f"{100 * unsure / n:.1f} % inconclusive"
        )


METHODS = ("duet, traces", "duet, live", "naive, one run", "naive, means of five")


def tables():
    return {method: {share: Counter() for share in RATIOS} for method in METHODS}


def under(reference, candidate, seconds, repeats, windows):
    """All methods under one load."""
    here = tables()
    for kernel in STEPS:
        rows = trace([Side(reference, kernel), Side(candidate, f"{kernel}_100")], kernel, seconds)
        for share in RATIOS:
            found, used = from_trace(rows, share)
            here["duet, traces"][share] += found
            windows["duet, traces"][share] += used
            here["naive, one run"][share] += naive(rows, share, 1)
            here["naive, means of five"][share] += naive(rows, share, LEAST_PAIRS)
    for share, i in itertools.product(RATIOS, range(repeats)):
        kernel = list(STEPS)[i % 2] if repeats > 1 else random.choice(list(STEPS))
        answer, used = live(reference, candidate, kernel, share)
        here["duet, live"][share][answer] += 1
        windows["duet, live"][share] += used
    return here


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    seconds, repeats = (6, 1) if parser.parse_args().quick else (110, 4)
    everything, windows = tables(), {method: Counter() for method in METHODS}
    print("pass / inconclusive / fail in % at true ratio over required ratio")
    print(f"{'':34s}" + "".join(f"{share:>11g}" for share in RATIOS))
    with ProcessRunner([CELL]) as reference, ProcessRunner([CELL]) as candidate:
        for runner, kernel in itertools.product((reference, candidate), STEPS):
            runner.call(kernel, [(1.0, 1000)])  # compiles
        for name in LOADS:
            with load(name):
                here = under(reference, candidate, seconds, repeats, windows)
            for method, counts in here.items():
                row(f"{name}: {method}", counts)
                for share in RATIOS:
                    everything[method][share] += counts[share]
    print()
    for method, counts in everything.items():
        row(f"all loads: {method}", counts)
    print()
    for method in METHODS[:2]:
        summary(method, everything[method], windows[method])


if __name__ == "__main__":
    main()
