"""The numbers that book/lessons/honest-timing.md quotes, measured in one run: about a minute.

    python benchmarks/honest_timing_page.py

Times are of this machine in that hour; what a fake clock gives is the same everywhere.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from itertools import combinations, pairwise

import numba
import numpy as np
from numba import njit

from hpclab.measure.fake import Cost, on_fake_machine
from hpclab.measure.intervals import median_interval

N = 100_000  # numbers; 0.8 MB of float64
PROCESSES, ROUNDS = 10, 30
BUSY = "while True: pass"


def norm(x):
    total = 0.0
    for value in x:
        total += value * value
    return total**0.5


def sample(call, rounds):
    """Seconds of `rounds` calls, one by one."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return times


def us(*seconds):
    return ", ".join(f"{1e6 * s:.1f}" for s in seconds) + " µs"


def first_call():
    x = np.random.default_rng(1).random(N)
    compiled = njit(norm)
    first, second, *later = sample(lambda: compiled(x), 2 + 1000)
    median = statistics.median(later)
    print(f"first call {first:.3f} s, second {us(second)}, median of 1,000 more {us(median)}")
    print(f"first / median: {first / median:,.0f}; mean of the first 10: ", end="")
    print(us((first + second + sum(later[:8])) / 10))
    (in_python,) = sample(lambda: norm(x), 1)
    print(f"in Python, once: {1e3 * in_python:.1f} ms = {in_python / median:.0f} times the median")
    return later


def noise(times):
    low, high, level = median_interval(times)
    print(f"minimum, median, mean, maximum of 1,000: {us(min(times))}, ", end="")
    print(us(statistics.median(times), statistics.mean(times), max(times)))
    print(f"{100 * level:.1f} % interval of the median: {us(low, high)}; largest 1 %: ", end="")
    print(f"{100 * sum(sorted(times)[-10:]) / sum(times):.0f} % of the time")
    parts = [median_interval(times[i : i + 20]) for i in range(0, 1000, 20)]
    middle = statistics.median(times)
    held = sum(part.low <= middle <= part.high for part in parts)
    lowest, highest = min(part.low for part in parts), max(part.high for part in parts)
    print(f"of 50 intervals of 20 samples each, {held} hold the median of all; ", end="")
    print(f"they reach from {us(lowest)} to {us(highest)}")


def clocks():
    for name in ("perf_counter", "process_time", "time"):
        clock = getattr(time, name)
        shown = [clock() for _ in range(200_001)]
        steps = sorted(b - a for a, b in pairwise(shown) if b > a)
        told = time.get_clock_info(name).resolution
        print(f"{name:13s} says {1e9 * told:.0f} ns; smallest step seen {1e9 * steps[0]:.0f} ns, ")
        print(f"    median {1e9 * statistics.median(steps):.0f} ns, longest {us(steps[-1])}")


def short_call():
    def nothing():
        pass

    alone = sample(nothing, 10_000)
    batches = []
    for _ in range(100):
        start = time.perf_counter()
        for _ in range(10_000):
            nothing()
        batches.append((time.perf_counter() - start) / 10_000)
    one, many = statistics.median(alone), statistics.median(batches)
    print(f"a call of nothing: alone {1e9 * one:.0f} ns, in 10,000 {1e9 * many:.0f} ns a call")


def child():
    x = np.random.default_rng(1).random(N)
    compiled = njit(norm)
    compiled(x)
    print(json.dumps(sample(lambda: compiled(x), ROUNDS)))


def processes():
    intervals, medians = [], []
    for _ in range(PROCESSES):
        command = [sys.executable, __file__, "child"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        times = json.loads(done.stdout)
        intervals.append(median_interval(times))
        medians.append(statistics.median(times))
        print(f"    median {us(medians[-1])}, interval {us(*intervals[-1][:2])}")
    apart = sum(a.high < b.low or b.high < a.low for a, b in combinations(intervals, 2))
    pairs = PROCESSES * (PROCESSES - 1) // 2
    print(f"{PROCESSES} processes of {ROUNDS} rounds: medians {us(min(medians), max(medians))}, ")
    print(f"    {apart} of {pairs} pairs of intervals do not overlap")


def turns():
    """The same function under two names, while other work starts half-way."""
    x = np.random.default_rng(1).random(N)
    f, g = njit(norm), njit(norm)
    f(x), g(x)
    calls = {"f": lambda: [f(x) for _ in range(300)], "g": lambda: [g(x) for _ in range(300)]}
    half = 60  # calls of 20 ms, longer than what a core gives a program at a time
    for way, order in (
        ("one after the other", ["f"] * half + ["g"] * half),
        ("in turns", ["f", "g", "g", "f"] * (half // 2)),
    ):
        times, others = {"f": [], "g": []}, []
        for i, name in enumerate(order):
            if i == half:
                others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(4)]
                time.sleep(0.5)
            times[name] += sample(calls[name], 1)
        for other in others:
            other.kill()
            other.wait()
        f_s, g_s = (np.array(times[name]) for name in "fg")
        print(f"{way}: medians {us(np.median(f_s), np.median(g_s))}, ", end="")
        print(
            f"g / f = {np.median(g_s) / np.median(f_s):.2f}, {g_s.mean() / f_s.mean():.2f} by means"
        )
        if way == "in turns":
            ratio = g_s / f_s
            low, high, _ = median_interval(ratio)
            print(f"    g / f round by round: {np.median(ratio):.3f} ({low:.3f} to {high:.3f})")


def drifting():
    """On a fake machine that grows slower by 5 % a second: equal functions of 10 ms."""

    def orders(f, g, clock, order):
        times = {f: [], g: []}
        f(), g()
        for name in order:
            call = {"f": f, "g": g}[name]
            start = clock()
            call()
            times[call].append(clock() - start)
        return statistics.median(times[g]) / statistics.median(times[f])

    same = Cost(0.01)
    for words, order in (("all f, all g", "f" * 200 + "g" * 200), ("fg", "fg" * 200)):
        done = on_fake_machine(orders, [same, same], order, drift=0.05)
        print(f"{words}: g seems to take {done.result:.4f} times as long")
    done = on_fake_machine(orders, [same, same], "fggf" * 100, drift=0.05)
    print(f"fggf: {done.result:.4f}; all of it took {done.seconds:.2f} s")


def main():
    if sys.argv[1:] == ["child"]:
        return child()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, ", end="")
    print(f"numba {numba.__version__}, Python {sys.version.split()[0]}")
    later = first_call()
    for part in (lambda: noise(later), clocks, short_call, processes, turns, drifting):
        part()
    return None


if __name__ == "__main__":
    main()
