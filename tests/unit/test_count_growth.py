"""The growth exponent of counts."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpclab.count.growth import growth_exponent

SIZES = [16, 32, 64, 128, 256]


@given(st.integers(0, 4), st.integers(1, 1000))
def test_a_power_law_is_found_exactly(power: int, factor: int) -> None:
    growth = growth_exponent(lambda n: factor * n**power, SIZES)
    assert abs(growth.exponent - power) < 1e-9
    assert growth.error < 1e-9


def test_growth_that_is_no_power_law_shows_in_the_error() -> None:
    growth = growth_exponent(lambda n: round(n * math.log2(n)), SIZES)
    assert 1.1 < growth.exponent < 1.4
    assert growth.error > 1e-3
    triangle = growth_exponent(lambda n: n * (n - 1) // 2, SIZES)
    assert abs(triangle.exponent - 2) < 0.05
    assert triangle.counts[0] == 120


def test_the_error_is_the_textbook_s() -> None:
    # y = (0, 1, 1, 2) over x = (0, 1, 2, 3), in units of log 2: slope 0.6, RSS 0.2, Sxx 5.
    counts = {1: 1, 2: 2, 4: 2, 8: 4}
    growth = growth_exponent(counts.__getitem__, counts)
    assert math.isclose(growth.exponent, 0.6)
    assert math.isclose(growth.error, math.sqrt(0.2 / 2 / 5))


@pytest.mark.parametrize("sizes", [[], [8], [8, 16], [8, 8, 16]])
def test_fewer_than_three_sizes_are_refused(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="at least three different sizes"):
        growth_exponent(lambda n: n, sizes)


def test_what_has_no_logarithm_is_refused() -> None:
    with pytest.raises(ValueError, match="numbers above 0"):
        growth_exponent(lambda n: 1, [0, 1, 2])
    with pytest.raises(ValueError, match=r"count\(4\) = 0: expected counts above 0"):
        growth_exponent(lambda n: n - 4, [4, 5, 6])
