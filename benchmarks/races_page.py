"""The numbers that book/lessons/races.md quotes, in one run: about 10 s.

    python benchmarks/races_page.py

Orders, shared lines and sums are the same on every machine. Lost updates are of this machine and
of this run: they may be none. Four threads, however many cores there are.
"""

import math
import os

os.environ["NUMBA_NUM_THREADS"] = "4"
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads sleep and do not spin

import numba
import numpy as np
from numba import njit, prange, set_num_threads

from hpclab.count.interleave import Lock, interleavings
from hpclab.count.lines import shared_lines
from hpclab.count.races import races


def adding(times):
    """A thread that adds 1 so many times: load, add, store."""

    def thread(state):
        for turn in range(times):
            register = state["n"]
            yield
            register += 1
            yield
            state["n"] = register
            if turn < times - 1:
                yield

    return thread


def locking(*names):
    """A thread that takes two locks, one after the other, and gives both back."""

    def thread(state):
        for name in names:
            yield state[name].acquire()
        for name in names:
            state[name].release()

    return thread


def orders():
    print("Orders of threads that add 1: threads, additions each, orders, and how many end with n")
    for threads, times in ((2, 1), (3, 1), (2, 2), (2, 3)):
        found = interleavings([adding(times)] * threads, {"n": 0}, lambda state: state["n"])
        print(f"  {threads} {times} {found.schedules:7,}  {sorted(found.outcomes.items())}")
    locks = {"a": Lock("a"), "b": Lock("b")}
    for second in (("a", "b"), ("b", "a")):
        found = interleavings([locking("a", "b"), locking(*second)], locks, lambda _: "done")
        print(f"  locks a, b and {second}: {found.deadlocks} of {found.schedules} orders get stuck")


@njit(parallel=True)
def histogram(bins, counts):
    for i in prange(bins.size):
        counts[bins[i]] += 1


def lost_updates():
    rng = np.random.default_rng(1)
    n = 5_000_000
    histogram(np.zeros(1, np.int64), np.zeros(1, np.int64))  # compiles
    print(f"Lost of {n:,} updates on {os.cpu_count()} cores, 20 runs")
    for k in (10, 100, 10_000):
        bins = rng.integers(0, k, n)
        lost = []
        for _ in range(20):
            counts = np.zeros(k, np.int64)
            histogram(bins, counts)
            lost.append(n - int(counts.sum()))
        print(f"  {k:6,} bins, {lost.count(0):2} runs without loss: {lost}")
    print("The shadow checker:")
    for race in races(histogram, np.array([4, 2, 0, 2, 1]), np.zeros(5, np.int64)):
        print(f"  {race}")


@njit(parallel=True)
def one_sum(x):
    s = np.float32(0)
    for i in prange(x.size):
        s += x[i]
    return s


@njit(parallel=True)
def in_blocks(x, block):
    blocks = (x.size + block - 1) // block
    sums = np.zeros(blocks, np.float32)
    for b in prange(blocks):
        s = np.float32(0)
        for i in range(b * block, min((b + 1) * block, x.size)):
            s += x[i]
        sums[b] = s
    s = np.float32(0)
    for b in range(blocks):
        s += sums[b]
    return s


def sums():
    x = np.random.default_rng(1).random(1_000_000, dtype=np.float32)
    exact = math.fsum(x.tolist())
    print(f"The sum of {x.size:,} float32: {exact:.4f} when exact; races: {races(one_sum, x[:99])}")
    for threads in (1, 2, 3, 4):
        set_num_threads(threads)
        print(
            f"  {threads} threads: {one_sum(x):.5f}, error {one_sum(x) - exact:+.2f}; "
            f"in blocks of 1,000: {in_blocks(x, 1000):.5f}, error {in_blocks(x, 1000) - exact:+.2f}"
        )
    set_num_threads(4)


def lines():
    n, p = 1000, 4
    layouts = {
        "element i to thread i % 4": [range(t, n, p) for t in range(p)],
        "250 neighbours each": [range(t * 250, (t + 1) * 250) for t in range(p)],
    }
    for unit in (8, 32):
        units = -(-n // unit)
        borders = [min(n, t * units // p * unit) for t in range(p + 1)]
        layouts[f"units of {unit}"] = [range(borders[t], borders[t + 1]) for t in range(p)]
    print(f"Lines with two owners or more, {n:,} numbers of 8 bytes, {p} threads")
    for name, writes in layouts.items():
        counts = [len(shared_lines(writes, line, 8)) for line in (64, 256)]
        print(f"  {name:26s} {counts[0]:4} of {n * 8 // 64}  {counts[1]:4} of {-(-n * 8 // 256)}")


def main():
    print(f"numpy {np.__version__}, numba {numba.__version__}")
    orders()
    lost_updates()
    sums()
    lines()


if __name__ == "__main__":
    main()
