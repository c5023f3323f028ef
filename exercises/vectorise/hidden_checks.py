"""Hidden checks of `vectorise`: edge cases, digits, side effects, speed. They never ship."""

import numpy as np

from hpclab.checks import check

# -- saxpy --------------------------------------------------------------------------------------


@check(task="saxpy", points=1, after="agrees_with_numpy")
def any_length(work):
    """`saxpy` is right for 0, 1, 2, 3 and 1,001 elements."""
    for n in (0, 1, 2, 3, 1001):
        x, y = work.rng.random(n), work.rng.random(n)
        want = -0.5 * x + y
        out = np.full(n, np.nan)
        work.call("saxpy", -0.5, x, y, out)
        work.close_to(out, want, why=f"{n} elements, none left out.")


@check(task="saxpy", points=1, after="agrees_with_numpy")
def takes_views(work):
    """`saxpy` takes every second element of an array, and an array from back to front."""
    x, y = work.rng.random(200)[::2], work.rng.random(100)[::-1]
    want = 3.0 * x + y
    out = np.full(300, np.nan)
    work.call("saxpy", 3.0, x, y, out[::3])
    why = "A view is an array too; an explicit signature or a copy of `out` shuts it out."
    work.close_to(out[::3].copy(), want, why=why)
    work.expect(np.isnan(out[1::3]).all(), "elements between the view's", "left alone", why)


@check(task="saxpy", points=1, after="agrees_with_numpy")
def keeps_float32(work):
    """`saxpy` works on float32 arrays."""
    x, y = (work.rng.random(100, dtype=np.float32) for _ in range(2))
    want = np.float32(1.5) * x + y
    out = np.full(100, np.nan, dtype=np.float32)
    work.call("saxpy", np.float32(1.5), x, y, out)
    work.close_to(out, want, rtol=1e-6, why="Half the bytes, twice the speed: float32 is common.")


@check(task="saxpy", points=1, after="agrees_with_numpy")
def inputs_untouched(work):
    """`saxpy` leaves `x` and `y` as they were."""
    x, y = work.rng.random(50), work.rng.random(50)
    before = x.copy(), y.copy()
    work.call("saxpy", 2.0, x, y, np.zeros(50))
    for name, now, then in zip("xy", (x, y), before, strict=True):
        work.equal(now, then, why=f"`{name}` belongs to the caller: write to `out` only.")


def python_loop(a, x, y, out):
    """The same loop, not compiled."""
    for i in range(x.size):
        out[i] = a * x[i] + y[i]


def vectors(rng, n):
    """Two vectors of n numbers, and room for the result."""
    return 2.5, rng.random(n), rng.random(n), np.full(n, np.nan)


@check(task="saxpy", points=1, after=("any_length", "inputs_untouched"))
def ten_times_faster(work):
    """`saxpy` needs at most a tenth of the CPU time of the same loop in plain Python."""
    why = "Compiled by `@njit`, the loop works without the interpreter."
    work.faster_than("saxpy", python_loop, vectors, size=100_000, times=10, why=why)


# -- distance -----------------------------------------------------------------------------------


@check(task="distance", points=1, after="distance_agrees")
def distance_offset(work):
    """Two vectors near 100,000,000 are as far apart as the same two near 0."""
    x = np.round(work.rng.random(500) * 8)
    y = np.round(work.rng.random(500) * 8)
    want = float(np.sqrt(((x - y) ** 2).sum()))
    got = work.call("distance", x + 1e8, y + 1e8)
    why = "x² + y² - 2xy subtracts huge numbers that are nearly equal: subtract before you square."
    work.close_to(got, want, rtol=1e-9, why=why)


@check(task="distance", points=1, after="distance_agrees")
def distance_float32(work):
    """A million float32 differences of 0.1 are summed to six digits."""
    x = np.full(1_000_000, 0.1, dtype=np.float32)
    y = np.zeros_like(x)
    want = float(np.sqrt((x.astype(float) ** 2).sum()))
    got = float(work.call("distance", x, y))
    why = "A float32 total forgets what it adds once it is large: sum in float64."
    work.close_to(got, want, rtol=1e-6, why=why)


@check(task="distance", points=1, after="distance_agrees")
def distance_lengths(work):
    """No elements, one element, equal vectors and views are all fine."""
    x = work.rng.random(60)
    work.close_to(work.call("distance", x[:0], x[:0]), 0.0, why="An empty sum is 0.")
    work.close_to(work.call("distance", x, x), 0.0, why="A vector is at distance 0 from itself.")
    want = float(abs(x[0] - x[1]))
    work.close_to(work.call("distance", x[:1], x[1:2]), want, why="One element.")
    want = float(np.sqrt(((x[::2] - x[1::2]) ** 2).sum()))
    work.close_to(work.call("distance", x[::2], x[1::2]), want, why="A view is an array too.")


# -- traffic ------------------------------------------------------------------------------------


@check(task="traffic", points=1, after="traffic_write_allocate")
def traffic_in_place(work):
    """An array that a step reads and writes is not fetched twice."""
    steps = [("y", ["x", "y"]), ("y", ["y"])]
    got = work.call("traffic", steps, 10, write_allocate=True)
    work.equal(got, 400, why="In place, the line is in the core already: reads 3, writes 2.")
    got = work.call("traffic", [("z", [])], 10, write_allocate=True)
    work.equal(got, 160, why="A fill reads nothing, and still fetches what it writes.")


@check(task="traffic", points=1, after="traffic_counts_passes")
def traffic_same_array_twice(work):
    """An array that a step names twice is read once."""
    got = work.call("traffic", [("y", ["x", "x"])], 10)
    work.equal(got, 160, why="For `x * x` the second x is in the core already.")


@check(task="traffic", points=1, after="traffic_counts_passes")
def traffic_itemsize(work):
    """float32 arrays move half the bytes."""
    work.equal(work.call("traffic", [("y", ["x"])], 10, 4), 80, why="`itemsize` bytes, not 8.")


# -- softmax_rows -------------------------------------------------------------------------------


def softmax(scores):
    """The expert reference, in float64."""
    shifted = np.exp(scores.astype(float) - scores.max(axis=1, keepdims=True, initial=-np.inf))
    return shifted / shifted.sum(axis=1, keepdims=True)


@check(task="softmax_rows", points=1, after="softmax_large_scores")
def softmax_far_rows(work):
    """Rows whose scores are 4,000 apart do not disturb one another."""
    scores = work.rng.standard_normal((5, 6)) + np.linspace(-2000, 2000, 5)[:, None]
    want = softmax(scores)
    why = "Subtract the largest score of the row, not of the whole array."
    work.close_to(work.call("softmax_rows", scores), want, why=why)


@check(task="softmax_rows", points=1, after="softmax_agrees")
def softmax_masked(work):
    """A score of -inf gets a share of 0, wherever it stands in the row."""
    scores = work.rng.standard_normal((4, 6))
    for row, column in ((0, 5), (1, 0), (2, 2), (3, 0), (3, 1)):
        scores[row, column] = -np.inf
    want = softmax(scores)
    why = "Attention masks look like this; -inf minus -inf is NaN."
    work.close_to(work.call("softmax_rows", scores), want, why=why)


@check(task="softmax_rows", points=1, after="softmax_agrees")
def softmax_float32(work):
    """float32 scores give a float32 result."""
    scores = work.rng.standard_normal((6, 50)).astype(np.float32)
    want = softmax(scores).astype(np.float32)
    got = work.call("softmax_rows", scores)
    work.close_to(
        got, want, rtol=1e-5, why="`np.empty` makes float64 unless told: twice the bytes."
    )


@check(task="softmax_rows", points=1, after="softmax_agrees")
def softmax_scores_untouched(work):
    """`softmax_rows` leaves `scores` as they were."""
    scores = work.rng.standard_normal((6, 5))
    before = scores.copy()
    work.call("softmax_rows", scores)
    work.equal(scores, before, why="The scores belong to the caller.")


@check(task="softmax_rows", points=1, after="softmax_compiled")
def softmax_row_allocations(work):
    """Compiled code allocates as often for 200 rows as for 20."""
    scores = work.rng.standard_normal((200, 10))
    few = work.allocations("softmax_rows", scores[:20])
    many = work.allocations("softmax_rows", scores)
    why = "An array made inside the row loop is made for every row: use single numbers."
    work.expect(many == few, f"{many - few} further arrays for 180 further rows", "none", why)


@check(task="softmax_rows", points=1, after="softmax_agrees")
def softmax_shapes(work):
    """No rows, one column, one score, and a view are all fine."""
    base = work.rng.standard_normal((8, 12))
    for scores in (base[:0], base[:, :1].copy(), base[:1, :1].copy(), base[::2, ::3]):
        want = softmax(scores)
        got = work.call("softmax_rows", scores)
        work.close_to(got, want, why=f"Scores of shape {scores.shape}.")
