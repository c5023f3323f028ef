"""Simulated cache misses against closed forms and against a plain model in Python."""

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit, prange

from hpclab.count.cache import CacheLevel, Misses, cache_misses
from hpclab.errors import HpclabError

L1 = CacheLevel(4 * 1024, 4)
L2 = CacheLevel(32 * 1024, 8)


@njit
def rows(a):
    s = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s += a[i, j]
    return s


@njit
def columns(a):
    s = 0.0
    for j in range(a.shape[1]):
        for i in range(a.shape[0]):
            s += a[i, j]
    return s


@njit
def follow(x, places):
    s = 0.0
    for i in range(places.size):
        s += x[places[i]]
    return s


@njit
def saxpy(a, x, y, out):
    for i in range(x.size):
        out[i] = a * x[i] + y[i]


def test_rows_miss_once_a_line_and_columns_once_an_element() -> None:
    n = 128  # all lines of a column fall into one set of L1
    a = np.ones((n, n))
    assert cache_misses(rows, a, levels=[L1, L2]) == Misses(n * n, (n * n // 8,) * 2, 8 * n * n)
    # The second level has one set for a column too, but with room for all of its lines.
    found = cache_misses(columns, a, levels=[L1, CacheLevel(64 * 1024, 128)])
    assert found == Misses(n * n, (n * n, n * n // 8), 8 * n * n)
    assert cache_misses(columns, a.T, levels=[L1]).misses == (n * n // 8,)


def test_what_fits_is_missed_once() -> None:
    @njit
    def twice(x):
        s = 0.0
        for _ in range(2):
            for i in range(x.size):
                s += x[i]
        return s

    assert cache_misses(twice, np.ones(512), levels=[L1]).misses == (64,)
    # One line more than fits: least recently used then misses in the set that overflows.
    assert cache_misses(twice, np.ones(520), levels=[L1]).misses == (64 + 1 + 5,)


def test_powers_of_two_collide_and_padding_helps() -> None:
    @njit
    def one_column_twice(a):
        s = 0.0
        for _ in range(2):
            for i in range(a.shape[0]):
                s += a[i, 0]
        return s

    plain, padded = np.ones((32, 128)), np.ones((32, 136))[:, :128]
    assert cache_misses(one_column_twice, plain, levels=[L1]).misses == (64,)
    assert cache_misses(one_column_twice, padded, levels=[L1]).misses == (32,)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 1023), min_size=1, max_size=300),
    st.sampled_from([(64, 1, 1), (64, 2, 4), (32, 3, 5), (128, 8, 1)]),
)
def test_the_simulation_agrees_with_a_plain_model(
    places: list[int], geometry: tuple[int, int, int]
) -> None:
    line, ways, sets = geometry
    x, order = np.ones(1024), np.array(places)
    found = cache_misses(follow, x, order, levels=[CacheLevel(line * ways * sets, ways)], line=line)
    cache: list[OrderedDict[int, None]] = [OrderedDict() for _ in range(sets)]
    misses = 0
    for k, place in enumerate(places):
        for address in (8192 + 8 * k, 8 * place):  # x fills two pages; the order lies behind it
            row = cache[address // line % sets]
            misses += address // line not in row
            row[address // line] = None
            row.move_to_end(address // line)
            if len(row) > ways:
                row.popitem(last=False)
    assert found == Misses(2 * len(places), (misses,), 16 * len(places))


def test_places_of_arrays_in_memory_do_not_matter() -> None:
    n = 500
    memory = np.ones(4 * n + 64)
    found = {
        cache_misses(saxpy, 2.0, *[memory[s + k * n :][:n] for k in range(3)], levels=[L1, L2])
        for s in (0, 1, 7, 40)
    }
    found.add(cache_misses(saxpy, 2.0, np.ones(n), np.ones(n), np.ones(n), levels=[L1, L2]))
    assert found == {Misses(3 * n, (3 * -(-n // 8),) * 2, 24 * n)}


def test_arrays_that_share_memory_share_lines_and_strides_are_kept() -> None:
    x = np.ones(512)
    assert cache_misses(saxpy, 2.0, x, x, x, levels=[L1]).misses == (64,)
    assert cache_misses(saxpy, 2.0, x[:-8], x[8:], x[:-8], levels=[L1]).misses == (64,)
    wide = np.ones((64, 8))
    assert cache_misses(saxpy, 2.0, wide[:, 0], wide[:, 0], wide[:, 1], levels=[L1]).misses == (64,)
    assert x.sum() == 512


def test_float32_lines_hold_sixteen() -> None:
    a = np.ones((64, 64), np.float32)
    assert cache_misses(rows, a, levels=[L1]) == Misses(64 * 64, (64 * 4,), 4 * 64 * 64)


def test_parallel_code_is_simulated_serially() -> None:
    @njit(parallel=True)
    def scale(x, out):
        for i in prange(x.size):
            out[i] = 2.0 * x[i]

    def calls_it(x, out):
        scale(x, out)

    x, out = np.ones(400), np.zeros(400)
    assert cache_misses(scale, x, out, levels=[L1]).misses == (100,)
    assert not out.any()
    with pytest.raises(HpclabError, match="parallel=True"):
        cache_misses(calls_it, x, out)


def test_levels_are_checked() -> None:
    a = np.ones((2, 2))
    with pytest.raises(ValueError, match="at least one CacheLevel"):
        cache_misses(rows, a, levels=[])
    with pytest.raises(ValueError, match="whole sets"):
        cache_misses(rows, a, levels=[CacheLevel(1000, 8)])
    with pytest.raises(ValueError, match="whole sets"):
        cache_misses(rows, a, levels=[CacheLevel(1024, 0)])
    with pytest.raises(ValueError, match="bytes of a cache line"):
        cache_misses(rows, a, line=0)
    with pytest.raises(ValueError, match="power of two"):
        cache_misses(rows, a, line=96)
