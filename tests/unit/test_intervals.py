"""The interval of a median: right by the binomial, and on seeded samples."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpclab.measure.intervals import median_interval

numbers = st.floats(allow_nan=False, allow_infinity=False)
some = st.lists(numbers, min_size=1, max_size=80)
levels = st.floats(min_value=0.01, max_value=0.999)


def rank_and_level(n: int, level: float = 0.95) -> tuple[int, float]:
    low, high, actual = median_interval(range(1, n + 1), level)
    assert low + high == n + 1, "as many samples are left out below as above"
    return int(low), actual


@pytest.mark.parametrize(
    ("n", "rank"), [(6, 1), (8, 1), (9, 2), (10, 2), (20, 6), (30, 10), (50, 18), (100, 40)]
)
def test_ranks_are_those_of_the_tables(n: int, rank: int) -> None:
    """The ranks that tables of the sign test give for 95 %."""
    assert rank_and_level(n)[0] == rank


def test_the_level_is_the_binomial_sum() -> None:
    for n in range(1, 40):
        rank, level = rank_and_level(n)
        tail = sum(math.comb(n, i) for i in range(rank)) / 2**n
        assert level == pytest.approx(1 - 2 * tail)
        next_tail = tail + math.comb(n, rank) / 2**n
        assert 1 - 2 * next_tail < 0.95, "a shorter interval would have done"


@pytest.mark.parametrize(("n", "level"), [(1, 0.0), (2, 0.5), (3, 0.75), (5, 0.9375)])
def test_too_few_samples_say_what_they_are_worth(n: int, level: float) -> None:
    assert median_interval([3.0] * (n - 1) + [7.0]) == (3.0 if n > 1 else 7.0, 7.0, level)


def test_many_samples_do_not_overflow() -> None:
    rank, level = rank_and_level(5_000)
    assert rank == 2_431  # 2500 - 1.96 * sqrt(5000) / 2, rounded the safe way
    assert 0.95 <= level < 0.952


@given(some, levels)
def test_it_holds_the_median_and_stays_among_the_samples(samples: list[float], p: float) -> None:
    low, high, level = median_interval(samples, p)
    assert low in samples
    assert high in samples
    assert min(samples) <= low <= sorted(samples)[len(samples) // 2] <= high <= max(samples)
    assert level >= p or (low, high) == (min(samples), max(samples))


@given(some, levels, levels)
def test_more_certain_is_wider(samples: list[float], p: float, q: float) -> None:
    narrow, wide = (median_interval(samples, level) for level in sorted((p, q)))
    assert wide.low <= narrow.low <= narrow.high <= wide.high
    assert wide.level >= narrow.level


@given(some, numbers)
def test_larger_samples_move_it_up(samples: list[float], shift: float) -> None:
    raised = [max(sample, shift) for sample in samples]
    before, after = median_interval(samples), median_interval(raised)
    assert (after.low, after.high) == (max(before.low, shift), max(before.high, shift))


@pytest.mark.parametrize("n", [6, 15, 40])
def test_it_covers_the_median_of_a_skewed_distribution(n: int) -> None:
    """Times look like this: a floor, and a long tail above it."""
    rng = np.random.default_rng(20_26)
    covered, runs = 0, 2_000
    for _ in range(runs):
        low, high, level = median_interval(1 + rng.exponential(size=n))
        covered += low <= 1 + math.log(2) <= high
    assert abs(covered / runs - level) < 0.02


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one number"):
        median_interval([])
    with pytest.raises(ValueError, match="no NaN"):
        median_interval([1.0, math.nan])
    with pytest.raises(ValueError, match="between 0 and 1"):
        median_interval([1.0], level=95)
