"""What each counter of hpclab.count costs, that it repeats, and its counts against closed forms.

Run: .venv/bin/python benchmarks/counters.py      (about a minute; compilations are most of it)
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from hpclab.count.cache import CacheLevel, cache_misses
from hpclab.count.growth import growth_exponent
from hpclab.count.llvm import operations
from hpclab.count.vector import is_vectorised
from hpclab.measure.memory import compiled_allocations, resident_peak, traced_peak

REPEATS = 5
TILE = 32


def ijk(A, B, C):
    n = A.shape[0]
    for i in range(n):
        for j in range(n):
            s = 0.0
            for k in range(n):
                s += A[i, k] * B[k, j]
            C[i, j] = s


def ikj(A, B, C):
    n = A.shape[0]
    for i in range(n):
        for k in range(n):
            a = A[i, k]
            for j in range(n):
                C[i, j] += a * B[k, j]


def blocked(A, B, C):
    n = A.shape[0]
    for ii in range(0, n, TILE):
        for kk in range(0, n, TILE):
            for jj in range(0, n, TILE):
                for i in range(ii, ii + TILE):
                    for k in range(kk, kk + TILE):
                        a = A[i, k]
                        for j in range(jj, jj + TILE):
                            C[i, j] += a * B[k, j]


def temporary(A):
    s = 0.0
    for i in range(A.shape[0]):
        s += (A[i] * 2.0).sum()
    return s


ORDERS = [njit(ijk), njit(ikj), njit(blocked)]
TEMPORARY = njit(temporary)


def seconds(job: Callable[[], Any]) -> float:
    """Least of a few runs: what the call costs when nobody disturbs it."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return min(times)


def matrices(n: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(n)
    return rng.random((n, n)), rng.random((n, n)), np.zeros((n, n))


def cost() -> None:
    print("Cost: one call of a matmul of n = 192, and of a first call, which compiles")
    print(f"{'':10s}{'plain':>9s}{'operations':>24s}{'cache_misses':>36s}")
    print(f"{'order':10s}{'ms':>9s}{'first s':>9s}{'ms':>8s}{'slower':>8s}", end="")
    print(f"{'first s':>10s}{'ms':>8s}{'slower':>8s}{'ns/access':>11s}")
    args = matrices(192)
    for function in ORDERS:
        function(*args)
        plain = seconds(lambda f=function: f(*args))
        print(f"{function.__name__:10s}{1e3 * plain:9.2f}", end="")
        for counter in (operations, cache_misses):
            start = time.perf_counter()
            found = counter(function, *args)
            first = time.perf_counter() - start
            again = seconds(lambda c=counter, f=function: c(f, *args))
            width = 9 if counter is operations else 10
            print(f"{first:{width}.2f}{1e3 * again:8.1f}{again / plain:8.1f}", end="")
        print(f"{1e9 * again / found.accesses:11.1f}")


def closed_forms() -> None:
    print("\nOperations of a matmul against the closed form")
    heads = ("flops", "2 n^3", "loads", "expected", "stores", "expected")
    print(f"{'order':10s}{'n':>5s}" + "".join(f"{head:>12s}" for head in heads))
    for n in (64, 128):
        expected = {
            "ijk": (2 * n**3, n**2),  # A and B each time, C once
            "ikj": (2 * n**3 + n**2, n**3),  # A once a row of B; B and C each time
            "blocked": (2 * n**3 + n**3 // TILE, n**3),  # A once for each tile of C
        }
        for function in ORDERS:
            found, name = operations(function, *matrices(n)), function.__name__
            loads, stores = expected[name]
            row = (found.flops, 2 * n**3, found.loads, loads, found.stores, stores)
            print(f"{name:10s}{n:5d}" + "".join(f"{number:12,d}" for number in row))


def misses() -> None:
    n = 192
    # Room for more than three tiles: least-recently-used would else drop A's for used-up ones of B.
    fully = CacheLevel(64 * 1024, 1024)
    line = n * n // 8  # lines of one matrix
    print(f"\nMisses of a matmul, n = {n} ({n * n * 8 // 1024} KiB a matrix), lines of 64 bytes:")
    print("a fully associative cache of 64 KiB against the closed form; 8 ways of 32 and 512 KiB")
    print(f"{'order':10s}{'fully':>12s}{'expected':>12s}{'L1':>12s}{'L2':>12s}{'3 n^2 / 8':>12s}")
    expected = {
        "ijk": n * line + 2 * line,  # all of B for each row of C: columns stay for eight uses
        "ikj": n * line + 2 * line,  # all of B for each row of C
        "blocked": 2 * (n // TILE) * line + line,  # B and C once for each tile in a row; A once
    }
    for function in ORDERS:
        args, name = matrices(n), function.__name__
        wide = cache_misses(function, *args, levels=[fully]).misses[0]
        first, second = cache_misses(function, *args).misses
        print(f"{name:10s}{wide:12,d}{expected[name]:12,d}{first:12,d}{second:12,d}{3 * line:12,d}")


def repeatability() -> None:
    args = matrices(64)
    x = np.random.default_rng(0).random(10_000)
    jobs: dict[str, Callable[[], Any]] = {
        # A new dispatcher each time, so compiled anew, and arrays at new addresses.
        "operations": lambda: operations(njit(ikj), *[a.copy() for a in args]),
        "cache_misses": lambda: cache_misses(njit(ikj), *[a.copy() for a in args]),
        "is_vectorised": lambda: is_vectorised(njit(ikj), *[a.copy() for a in args]),
        "growth_exponent": lambda: growth_exponent(
            lambda n: operations(ORDERS[1], *matrices(n)).flops, [16, 32, 64]
        ),
        "compiled_allocations": lambda: compiled_allocations(TEMPORARY, args[:1]),
        "traced_peak": lambda: traced_peak(lambda: x * x + x),
        "resident_peak": lambda: resident_peak(lambda: np.ones(1_000_000)),
    }
    print(f"\nRepeatability: different answers in {REPEATS} runs, and one of them")
    TEMPORARY(args[0])
    for name, job in jobs.items():
        answers = [job() for _ in range(REPEATS)]
        spread = len(set(answers))
        print(f"{name:22s}{spread:3d}   {str(answers[0])[:150]}")


if __name__ == "__main__":
    cost()
    closed_forms()
    misses()
    repeatability()
