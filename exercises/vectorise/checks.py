"""Public checks of `vectorise`: they travel with the notebook and know only the obvious answer."""

import numpy as np

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


@check(task="saxpy", points=1, after="agrees_with_numpy")
def makes_no_temporaries(work):
    """`saxpy` holds no array besides the three it is given."""
    n = 100_000
    x, y, out = work.rng.random(n), work.rng.random(n), np.zeros(n)
    _expect_small(work, work.peak_memory("saxpy", 2.5, x, y, out), out.nbytes)


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


@check(task="distance", points=1, after="distance_agrees")
def distance_one_pass(work):
    """`distance` holds no array besides the two it is given."""
    x, y = work.rng.random(100_000), work.rng.random(100_000)
    _expect_small(work, work.peak_memory("distance", x, y), x.nbytes)


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


def _expect_small(work, peak, array):
    """Fail where a call held a tenth of an array or more."""
    why = (
        "An expression on whole arrays, such as `a * x`, makes an array: compute number by number."
    )
    got = f"{peak / array:.2f} further arrays at the peak"
    work.expect(peak < 0.1 * array, got, "none", why)
