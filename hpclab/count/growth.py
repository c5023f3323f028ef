"""How a count grows with the size of the problem: the exponent of a power law."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Growth:
    """count ~ size ** exponent; error: the exponent's standard error, in the same unit (none)."""

    exponent: float
    error: float
    sizes: tuple[int, ...]
    counts: tuple[int, ...]


def growth_exponent(count: Callable[[int], int], sizes: Iterable[int]) -> Growth:
    """Fit a straight line to log count(n) over log n by least squares; its slope is the exponent.

    `count` gives the operations, bytes, messages or tasks at size n; counts are exact, so the
    error tells how far the growth is from a power law (n log n, a start-up cost), not noise.
    Larger sizes show the leading term better. Raises ValueError for fewer than three sizes, or
    sizes and counts that have no logarithm.

    Source: any text on simple linear regression; error = sqrt(RSS / (k - 2) / Sxx) for k sizes.
    """
    given = tuple(int(size) for size in sizes)
    if len(set(given)) < 3:
        raise ValueError(f"sizes: expected at least three different sizes (given: {given}).")
    if min(given) < 1:
        raise ValueError(f"sizes: expected numbers above 0 (given: {given}).")
    counts = tuple(int(count(size)) for size in given)
    if min(counts) < 1:
        size = given[counts.index(min(counts))]
        raise ValueError(
            f"count({size}) = {min(counts)}: expected counts above 0, since the fit is of "
            "logarithms. Choose sizes at which something is counted."
        )
    x, y = np.log(given), np.log(counts)
    x -= x.mean()
    y -= y.mean()
    spread = float(x @ x)
    exponent = float(x @ y) / spread
    rest = y - exponent * x
    error = float(np.sqrt(rest @ rest / (len(given) - 2) / spread))
    return Growth(exponent, error, given, counts)
