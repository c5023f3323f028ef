"""The numbers that book/lessons/roofline.md quotes, measured in one run: about 60 s.

    python benchmarks/roofline_page.py

All on one core. Calls that are compared take turns within each round. What is printed is the
fastest round, which the page quotes, and the median with its 95 % interval.
"""

import os

os.environ["OMP_WAIT_POLICY"] = "passive"  # idle threads sleep and do not spin
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numba
import numpy as np
from numba import njit

from hpclab import machine
from hpclab.count.cache import cache_misses
from hpclab.count.llvm import operations
from hpclab.measure.bench import time_calls
from hpclab.measure.intervals import median_interval

N = 8_000_000  # 64 MB an array of float64, as in `machine`
ROUNDS = 25
DEGREES = (1, 2, 4, 8, 16, 32, 64, 128)


def polynomial(degree, chains=1):
    """Horner's rule written out; with several chains, the mean of so many polynomials."""
    lines = ["def polynomial(x, y):", "    for i in range(x.size):"]
    lines += [f"        r{c} = {0.5 / (c + 1)}" for c in range(chains)]
    for step in range(degree):
        lines += [f"        r{step % chains} = r{step % chains} * x[i] + 0.5"]
    lines += ["        y[i] = " + " + ".join(f"r{c}" for c in range(chains))]
    space = {}
    exec("\n".join(lines), space)
    return njit(fastmath={"contract"})(space["polynomial"])


@njit
def update(x, z):
    for i in range(x.size):
        z[i] += 1e-9 * x[i]


@njit
def scale(x, z):
    for i in range(x.size):
        z[i] = 0.5 * x[i]


@njit
def triad(x, y, z):
    for i in range(x.size):
        z[i] = x[i] + 0.5 * y[i]


@njit
def dot_in_order(x, y):
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


dot = njit(fastmath=True)(dot_in_order.py_func)


@njit(fastmath={"contract"})
def cells(u, out):
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = 0.25 * (u[i, j] + u[i, j + 1] + u[i + 1, j] + u[i + 1, j + 1])


@njit(fastmath=True)
def matvec(a, x, y):
    for i in range(a.shape[0]):
        total = 0.0
        for j in range(a.shape[1]):
            total += a[i, j] * x[j]
        y[i] = total


@njit(fastmath={"contract"})
def matmul(a, b, c):
    for i in range(a.shape[0]):
        c[i] = 0.0
        for m in range(a.shape[1]):
            for j in range(b.shape[1]):
                c[i, j] += a[i, m] * b[m, j]


def timed(calls, rounds=ROUNDS):
    """Seconds a call, by name: (fastest, median, low, high)."""
    found = {}
    for name, timing in time_calls(calls, rounds).items():
        low, high, _ = median_interval(timing.wall)
        found[name] = (min(timing.wall), float(np.median(timing.wall)), low, high)
    return found


def rates(work, seconds):
    """Work a second in units of 1e9, as text: best, median and interval."""
    best, median, low, high = (work / s / 1e9 for s in seconds)
    return f"{best:7.2f} (median {median:.2f}, {high:.2f} to {low:.2f})"


def sweep(x, y):
    print(f"\nPolynomials of {N:,} numbers: ms, Gflop/s, GB/s by 16 bytes and by 24")
    forms = {f"degree {k}": (k, polynomial(k)) for k in DEGREES}
    forms |= {f"degree 64, {c} chains": (64, polynomial(64, c)) for c in (2, 4)}
    counts = {name: operations(form, x[:4096], y[:4096]) for name, (_, form) in forms.items()}
    calls = {name: (lambda form=form: form(x, y)) for name, (_, form) in forms.items()}
    times = timed({**calls, "update": lambda: update(x, y)})
    memory = 24 * N / times.pop("update")[0]
    print(f"  update, in the same rounds: {memory / 1e9:.1f} GB/s of 24 bytes, counted and moved")
    for name, seconds in times.items():
        c = counts[name]
        moved = (c.bytes_loaded + c.bytes_stored) / 4096
        print(
            f"  {name:22s} {seconds[0] * 1e3:7.2f} ms, {c.flops / 4096:5.0f} flop and {moved:.0f} "
            f"bytes an element, {rates(c.flops / 4096 * N, seconds)} Gflop/s, "
            f"{N * 16 / seconds[0] / 1e9:.1f} and {N * 24 / seconds[0] / 1e9:.1f} GB/s"
        )
    return memory


def arguments(x, y, n, side, edge):
    """Arguments of six kernels: vectors of n, matrices of side, and of edge for the product."""
    a, b = x[: side * side].reshape(side, side), y[: side * side].reshape(side, side)
    p, q, r = (np.ones((edge, edge)) for _ in range(3))
    return {
        "scale": (scale, (x[:n], y[:n])),
        "dot": (dot, (x[:n], y[:n])),
        "cells": (cells, (a, b[:-1, :-1])),
        "matvec": (matvec, (a, y[:side], np.zeros(side))),
        "polynomial 16": (SIXTEEN, (x[:n], y[:n])),
        "matmul": (matmul, (p, q, r)),
    }


SIXTEEN = polynomial(16)
WRITTEN = {"scale": 1, "dot": None, "cells": 1, "matvec": 2, "polynomial 16": 1, "matmul": 2}


def six(x, y, roof):
    print(
        "\nSix kernels on one core: flop/byte at the core, from memory; Gflop/s; share of the roof"
    )
    small, large = arguments(x, y, 80_000, 300, 96), arguments(x, y, N, 2_828, 512)
    times = timed({name: (lambda f=f, a=a: f(*a)) for name, (f, a) in large.items()})
    times["dot, in order"] = timed({"dot": lambda: dot_in_order(x, y)})["dot"]
    for name, seconds in times.items():
        kernel = name.split(",")[0]
        function, args = small[kernel]
        c = operations(function, *args)
        misses = cache_misses(function, *args).misses[-1]
        back = 0 if WRITTEN[kernel] is None else args[WRITTEN[kernel]].nbytes
        arrays = sum(arg.nbytes for arg in args)
        passes = (misses * 64 + back) / arrays
        flop = operations(*large[kernel][:1], *large[kernel][1]).flops
        moved = passes * sum(arg.nbytes for arg in large[kernel][1])
        most = min(roof[0], roof[1] * flop / moved)
        print(
            f"  {name:14s} core {c.flops / (c.bytes_loaded + c.bytes_stored):6.4f}, memory "
            f"{flop / moved:7.4f} ({flop:,} flop, {moved:,.0f} bytes), "
            f"{rates(flop, seconds)} Gflop/s, {flop / seconds[0] / most:.2f} of the roof"
        )


def cached(x, y, z, roof):
    print("\nTriad on one core: elements, Gflop/s, times the roof at 2/32 flop/byte")
    sizes = (1_000, 10_000, 50_000, 200_000, 1_000_000, N)
    calls = {n: (lambda n=n: triad(x[:n], y[:n], z[:n])) for n in sizes}
    for n, seconds in timed(calls).items():
        share = 2 * n / seconds[0] / (roof[1] * 2 / 32)
        print(f"  {n:10,} {n * 24 / 1e3:10,.0f} kB {rates(2 * n, seconds)}  {share:.2f}")


def attend(q, keys, values):
    scores = keys @ q.transpose(0, 2, 1)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores.transpose(0, 2, 1) @ values


def transformer(rng, roof):
    print("\nA layer of width 2,048 and attention of 32 heads of 64, float32")
    d, f4 = 2048, np.float32
    weights = [rng.standard_normal((d, d), dtype=f4) for _ in range(8)]
    calls, work = {}, {}
    for n, layers in ((1, 8), (2, 8), (16, 8), (64, 4), (256, 2)):
        tokens = rng.standard_normal((n, d), dtype=f4)
        name = f"layer, {n} tokens"
        calls[name] = lambda tokens=tokens, layers=layers: [tokens @ w for w in weights[:layers]]
        work[name] = (layers * 2 * n * d * d, layers * 4 * (d * d + 2 * n * d))
    heads, width = 32, 64
    for batch in (1, 4):
        shape = (heads, 2048, width)
        kept = [
            [rng.standard_normal(shape, dtype=f4) * f4(0.1) for _ in "kv"] for _ in range(batch)
        ]
        q = rng.standard_normal((heads, 1, width), dtype=f4)
        name = f"attention, decode, batch {batch}"
        calls[name] = lambda q=q, kept=kept: [attend(q, *pair) for pair in kept]
        flop, numbers = 4 * 2048 * d, 2 * 2048 * d + 2 * d
        work[name] = (batch * flop, batch * 4 * numbers)
    some = [rng.standard_normal((8, 1024, width), dtype=f4) * f4(0.1) for _ in range(3)]
    calls["attention, prefill"] = lambda: attend(*some)
    scores = 1024**2
    work["attention, prefill"] = (8 * 4 * scores * width, 8 * 4 * (4 * 1024 * width + 4 * scores))
    for name, seconds in timed(calls).items():
        flop, moved = work[name]
        most = min(2 * roof[0], roof[1] * flop / moved)
        print(
            f"  {name:26s} {flop / moved:7.2f} flop/byte, {seconds[0] * 1e3:7.2f} ms, "
            f"{rates(flop, seconds)} Gflop/s, {flop / seconds[0] / most:.2f} of the roof"
        )


def main():
    print(f"numpy {np.__version__}, numba {numba.__version__}, {os.cpu_count()} cores")
    card = machine()
    print(card)
    for cores in (card.one_core, card.all_cores):
        low, high = (cores.flops.interval[i] / cores.update.interval[1 - i] for i in (0, 1))
        medians = cores.flops.median / cores.update.median
        print(
            f"ridge, {cores.cores} cores: {cores.peak / cores.bandwidth:.2f} flop/byte "
            f"of the best, {medians:.2f} of the medians ({low:.2f} to {high:.2f})"
        )
    rng = np.random.default_rng(1)
    x, y, z = rng.random(N), rng.random(N), np.zeros(N)
    roof = (card.one_core.peak, max(card.one_core.bandwidth, sweep(x, y)))
    print(f"  the roof from here on: {roof[0] / 1e9:.1f} Gflop/s, {roof[1] / 1e9:.1f} GB/s")
    six(x, y, roof)
    cached(x, y, z, roof)
    transformer(rng, roof)


if __name__ == "__main__":
    main()
