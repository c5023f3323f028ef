"""Hidden checks: they never ship; an expert's reference may stand here."""

import numpy as np

from hpclab.checks import check


@check(task="double", points=1, after="doubles_every_number")
def leaves_its_input_alone(work):
    """`double` leaves `x` as it was."""
    x = work.rng.random(101)
    before = x.copy()
    work.call("double", x, np.empty(101))
    work.close_to(x, before, why="Whoever calls `double` still needs `x`.")
