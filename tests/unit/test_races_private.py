"""Temporaries, scalars, nested loops, helpers and aliases, each with its verdict."""

from typing import Any

import numba
import numba as nb
import numpy as np
import pytest
from numba import njit, prange

from tests.unit.kernels import Kernels, N, judge, m, x

KERNELS = Kernels()
kernel = KERNELS.declare
WEIGHTS = np.arange(1.0, N + 1)


@kernel([x(), x()], "tmp: write-write")
def shared_temporary(x, out):
    tmp = np.zeros(2)
    for i in prange(x.size):
        tmp[0] = x[i]
        tmp[1] = tmp[0] * 2
        out[i] = tmp[1]


@kernel([x(), x()])
def private_temporary(x, out):
    for i in prange(x.size):
        tmp = np.empty(2)
        tmp[0] = x[i]
        tmp[1] = tmp[0] * 2
        out[i] = tmp[1]


@kernel([x(), x()], "tmp: uninitialised read")
def temporary_read_first(x, out):
    for i in prange(x.size):
        tmp = np.empty(2)
        tmp[0] += x[i]
        out[i] = tmp[0]


@kernel([m()], "out: uninitialised read")
def sum_into_empty(m):
    out = np.empty(m.shape[0])
    for i in prange(m.shape[0]):
        for j in range(m.shape[1]):
            out[i] += m[i, j]
    return out


@kernel([x()])
def empty_that_is_filled(x):
    out = np.empty_like(x)
    for i in prange(x.size):
        out[i] = x[i]
    return out.sum()


@kernel([x()], "found: write-write")
def append_to_a_list(x):
    found = []
    for i in prange(x.size):
        found.append(x[i])
    return len(found)


@kernel([x()])
def scalar_sum(x):
    total = 0.0
    for i in prange(x.size):
        if x[i] > 2:
            total += x[i]
    return total


@kernel([x()])
def scalar_product_and_extremes(x):
    product, low, high = 1.0, x[0], x[0]
    for i in prange(x.size):
        product *= x[i]
        low = min(low, x[i])
        high = max(x[i], high)
    return product, low, high


@kernel([m()])
def array_reduction(m):
    total = np.zeros(m.shape[1])
    for i in prange(m.shape[0]):
        total += m[i]
    return total


@kernel([x()], "best: shared scalar")
def maximum_by_if(x):
    best = 0.0
    for i in prange(x.size):
        if x[i] > best:
            best = x[i]
    return best


@kernel([x(), x()], "total: shared scalar")
def running_sum(x, out):
    total = 0.0
    for i in prange(x.size):
        total += x[i]
        out[i] = total


@kernel([x(), x()], "previous: shared scalar")
def carried_from_the_iteration_before(x, out):
    previous = 0.0
    for i in prange(x.size):
        out[i] = x[i] - previous
        previous = x[i]


@kernel([x(), x()], "last: shared scalar")
def used_after_the_loop(x, out):
    last = 0.0
    for i in prange(x.size):
        last = 2 * x[i]
        out[i] = last
    return last


@kernel([x()], "i: shared scalar")
def loop_variable_after_the_loop(x):
    for i in prange(x.size):
        x[i] = 1.0
    return i


@kernel([x(), x()], "t: shared scalar")
def assigned_on_one_path(x, out):
    t = 0.0
    for i in prange(x.size):
        if i % 2:
            t = x[i]
        out[i] = t


@kernel([x(), x()])
def assigned_on_both_paths(x, out):
    for i in prange(x.size):
        t = 1.0 if i % 2 else x[i]
        for _ in range(2):
            t *= 2
        out[i] = t


@kernel([m(), np.zeros(N)])
def nested(m, out):
    for i in prange(m.shape[0]):
        for j in prange(m.shape[1]):
            out[i] += m[i, j]


@kernel([m(), np.zeros(4)], "out: write-write")
def nested_over_columns(m, out):
    for i in nb.prange(m.shape[0]):
        for j in nb.prange(m.shape[1]):
            out[j] += m[i, j]


@njit
def put(out, i, value):
    out[i] = value


@njit(parallel=True)
def fill_in_parallel(out):
    for i in numba.prange(out.size):
        out[0] = i


@kernel([x(), x()])
def helper(x, out):
    for i in prange(x.size):
        put(out, i, x[i])


@kernel([x(), x()], "out: write-write")
def helper_that_races(x, out):
    for i in prange(x.size):
        put(out, i // 2, x[i])


@kernel([x()], "out: write-write")
def parallel_helper(out):
    fill_in_parallel(out)


@kernel([WEIGHTS[:-1], WEIGHTS[1:]], "out: read-after-write")
def aliased_arguments(x, out):
    for i in numba.prange(x.size):
        out[i] = x[i]


@kernel([WEIGHTS[::2], WEIGHTS[1::2]])
def arguments_that_interleave(even, odd):
    for i in prange(even.size):
        odd[i] = even[-1 - i]


@kernel([x(), x()])
def time_steps(x, y):
    for _ in range(3):
        for i in prange(1, x.size - 1):
            y[i] = x[i - 1] + x[i + 1]
        x, y = y, x


@kernel([x()])
def a_global_array(out):
    for i in prange(out.size):
        out[i] = WEIGHTS[i]


def _closed_over() -> None:
    scale, table = 3.0, np.ones(4)

    @njit
    def scaled(value):
        return scale * value

    @kernel([x(), np.zeros(4)], "out: write-write")
    def closure(x, out):
        for i in prange(x.size):
            out[i % 4] = scaled(table[i % 4] * x[i])


_closed_over()


@pytest.mark.parametrize(("function", "args", "verdict"), KERNELS)
def test_verdict(function: Any, args: list[np.ndarray], verdict: tuple[str, ...]) -> None:
    judge(function, args, verdict)


def test_there_are_enough_of_both_sorts() -> None:
    assert KERNELS.racy() >= 10
    assert len(KERNELS) - KERNELS.racy() >= 10
