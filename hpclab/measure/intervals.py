"""How sure a median is, without assuming how the samples are distributed."""

import math
from collections.abc import Iterable
from typing import NamedTuple


class Interval(NamedTuple):
    """A confidence interval from `low` to `high`, in the samples' unit.

    level: the probability, 0 to 1, with which such an interval covers the true median. It is at
    least the level asked for, or less where the samples are too few for that.
    """

    low: float
    high: float
    level: float


def median_interval(samples: Iterable[float], level: float = 0.95) -> Interval:
    """The confidence interval of the median that `samples` were drawn around.

    For n sorted samples, the interval from the d-th smallest to the d-th largest misses the
    median only if fewer than d samples fall on one side of it. Each sample falls on either side
    with probability 1/2, whatever the distribution, so

        level = 1 - 2 * sum(C(n, i) for i < d) / 2**n.

    The largest d that keeps the level asked for gives the shortest interval. Fewer than six
    samples cannot give 95 %: then the interval is all of them, and its `level` says how much
    that is worth. The samples must be independent of each other, which times taken in one
    process are only roughly. Source: Hoefler and Belli, "Scientific Benchmarking of Parallel
    Computing Systems", SC 2015, section 3.1.3 and rule 5.
    """
    values = sorted(float(sample) for sample in samples)
    if not values or any(math.isnan(value) for value in values):
        raise ValueError(f"samples: expected at least one number, and no NaN (given: {values})")
    if not 0 < level < 1:
        raise ValueError(f"level: expected a probability between 0 and 1 (given: {level})")
    n, rank = len(values), 1
    ways = n  # C(n, rank)
    missed = 1  # sum of C(n, i) for i < rank
    while (missed + ways) / 2**n <= (1 - level) / 2:
        missed += ways
        ways = ways * (n - rank) // (rank + 1)
        rank += 1
    return Interval(values[rank - 1], values[n - rank], 1 - 2 * (missed / 2**n))
