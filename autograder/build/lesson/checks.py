"""Public checks: they ship to the learner, and know the naive reference alone."""

import numpy as np

from hpclab.checks import check


@check(task="double", points=2)
def doubles_every_number(work):
    """`double` writes `2 * x[i]` to every `out[i]`, for 101 random numbers."""
    x, out = work.rng.random(101), np.full(101, np.nan)
    expected = 2.0 * x
    work.call("double", x, out)
    work.close_to(out, expected, why="Every element of `out` is twice that of `x`.")
