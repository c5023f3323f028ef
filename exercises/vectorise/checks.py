"""Public checks of `vectorise`: they travel with the notebook and know only the obvious answer."""

import math

import numpy as np
from numba import njit

from hpclab.checks import check

# -- saxpy --------------------------------------------------------------------------------------


@check(task="saxpy", points=2)
def agrees_with_numpy(work):
    """`saxpy` fills `out` with what NumPy gives for 1,000 random numbers."""
    x, y = work.rng.random(1000), work.rng.random(1000)
    want = 2.5 * x + y
    out = np.full(1000, np.nan)
    work.call("saxpy", 2.5, x, y, out)
    work.close_to(out, want, why="`out[i]` is `a * x[i] + y[i]`, for every i; NaN: not written.")


@check(task="saxpy", points=1, after="agrees_with_numpy")
def is_compiled(work):
    """`saxpy` is compiled by Numba, without the Python interpreter in its loop."""
    x, y = work.rng.random(10), work.rng.random(10)
    work.call("saxpy", 2.5, x, y, np.zeros(10))
    found = work.signatures("saxpy")
    work.expect(found, got="no compiled version", expected="one", why="Put `@njit` above the def.")


@check(task="saxpy", points=1, after="is_compiled")
def one_pass(work):
    """`saxpy` loads each number of `x` and `y` once, and stores each of `out` once: 24 bytes."""
    n = 100_000
    x, y, out = work.rng.random(n), work.rng.random(n), np.zeros(n)
    _expect_bytes(work, work.operations("saxpy", 2.5, x, y, out), n, loaded=16, stored=8)


# -- distance -----------------------------------------------------------------------------------


@check(task="distance", points=2)
def distance_agrees(work):
    """`distance` gives what NumPy gives for 1,000 random numbers."""
    x, y = work.rng.random(1000), work.rng.random(1000)
    want = float(np.sqrt(((x - y) ** 2).sum()))
    got = work.call("distance", x, y)
    work.close_to(got, want, why="The square root of the sum of the squared differences.")


@check(task="distance", points=1, after="distance_agrees")
def distance_compiled(work):
    """`distance` is compiled by Numba."""
    work.call("distance", work.rng.random(10), work.rng.random(10))
    found = work.signatures("distance")
    work.expect(found, got="no compiled version", expected="one", why="Put `@njit` above the def.")


@check(task="distance", points=1, after="distance_compiled")
def distance_one_pass(work):
    """`distance` loads each number once and stores nothing."""
    n = 100_000
    x, y = work.rng.random(n), work.rng.random(n)
    _expect_bytes(work, work.operations("distance", x, y), n, loaded=16, stored=0)


# -- traffic ------------------------------------------------------------------------------------

LINE = [("t", ["x"]), ("out", ["t", "y"])]
LOOP = [("out", ["x", "y"])]


@check(task="traffic", points=2)
def traffic_counts_passes(work):
    """`traffic` counts each read and each write of a whole array."""
    why = "n * itemsize bytes for each array that a step reads, and for the one it writes."
    work.equal(work.call("traffic", LOOP, 1000), 24_000, why=why)
    work.equal(work.call("traffic", LINE, 1000), 40_000, why=why + " `t` moves twice: out and in.")


@check(task="traffic", points=1, after="traffic_counts_passes")
def traffic_write_allocate(work):
    """With `write_allocate=True`, what is written is fetched first."""
    why = "A core that writes part of a cache line reads the line before."
    work.equal(work.call("traffic", LOOP, 1000, write_allocate=True), 32_000, why=why)
    work.equal(work.call("traffic", LINE, 1000, write_allocate=True), 56_000, why=why)


# -- softmax_rows -------------------------------------------------------------------------------


@check(task="softmax_rows", points=2)
def softmax_agrees(work):
    """`softmax_rows` gives what NumPy gives for 40 rows of 30 small scores."""
    scores = work.rng.standard_normal((40, 30))
    e = np.exp(scores)
    want = e / e.sum(axis=1, keepdims=True)
    got = work.call("softmax_rows", scores)
    work.close_to(
        got, want, why="Each row on its own: exp of each score over the row's sum of them."
    )


@check(task="softmax_rows", points=1, after="softmax_agrees")
def softmax_large_scores(work):
    """Adding 1,000 to all scores, or taking it away, changes nothing."""
    scores = work.rng.standard_normal((5, 8))
    want = work.call("softmax_rows", scores.copy())
    for offset in (1000.0, -1000.0):
        got = work.call("softmax_rows", scores + offset)
        work.close_to(got, want, rtol=1e-9, why="exp overflows above 709, and is 0 below -745.")


@check(task="softmax_rows", points=1, after="softmax_agrees")
def softmax_compiled(work):
    """`softmax_rows` is compiled by Numba."""
    work.call("softmax_rows", work.rng.standard_normal((3, 4)))
    found = work.signatures("softmax_rows")
    why = "Put `@njit(parallel=True)` above the def."
    work.expect(found, got="no compiled version", expected="one", why=why)


@check(task="softmax_rows", points=1, after="softmax_agrees")
def softmax_memory(work):
    """At its peak `softmax_rows` holds at most 1.2 times the bytes of its result."""
    scores = work.rng.standard_normal((300, 400))
    peak = work.peak_memory("softmax_rows", scores)
    why = (
        "A shifted copy or an array of all the exponentials is a temporary: keep to single numbers."
    )
    got, limit = f"{peak / scores.nbytes:.2f} times the result", "at most 1.2 times"
    work.expect(peak <= 1.2 * scores.nbytes, got, limit, why)


@check(task="softmax_rows", points=1, after="softmax_compiled")
def softmax_races(work):
    """`prange` runs over the rows, and no row writes what another one reads or writes."""
    found = work.races("softmax_rows", work.rng.standard_normal((6, 5)))
    why = "What belongs to one row is set inside the `prange` loop, and is a single number."
    work.expect(not found, "; ".join(map(str, found)), "no place that two rows share", why)


@njit
def row_by_row(scores):
    """The definition, taken at its word: compiled, on one thread, and it overflows above 709."""
    out = np.empty_like(scores)
    for i in range(scores.shape[0]):
        e = [math.exp(score) for score in scores[i]]
        total = sum(e)
        for j in range(len(e)):
            out[i, j] = e[j] / total
    return out


def many_rows(rng, n):
    """n rows of scores."""
    return (rng.standard_normal((n, 1000)),)


@check(task="softmax_rows", points=2, after=("softmax_races", "softmax_memory"))
def softmax_scales(work):
    """On 4 threads `softmax_rows` is at least 2.5 times as fast as `row_by_row` on one.

    What is compared is virtual time: the CPU time of the busiest thread. No free core is needed.
    """
    why = "Give whole rows to `prange`, and leave as little as you can outside of it."
    work.scales("softmax_rows", row_by_row, many_rows, size=2000, times=2.5, why=why)


def _expect_bytes(work, counted, n, loaded, stored):
    """Fail where compiled code moves more bytes an element; threads may add a few of their own."""
    loads, stores = counted.bytes_loaded / n, counted.bytes_stored / n
    got = f"{loads:.3g} bytes loaded and {stores:.3g} stored for each element"
    why = "An expression on whole arrays, such as `a * x`, writes an array that is read again."
    fine = loads < loaded + 0.5 and stores < stored + 0.5
    work.expect(fine, got, f"at most {loaded} loaded and {stored} stored", why)
