"""Loops over elements, slices and views, each with its verdict; nothing is ever compiled."""

from typing import Any

import numpy as np
import pytest
from numba import prange

from tests.unit.kernels import Kernels, N, bins, judge, m, x

KERNELS = Kernels()
kernel = KERNELS.declare


@kernel([x(), x()])
def map_each(x, out):
    for i in prange(x.size):
        out[i] = 2 * x[i]


@kernel([bins(), np.zeros(4)], "hist: write-write")
def histogram(bins, hist):
    for i in prange(bins.size):
        hist[bins[i]] += 1


@kernel([np.arange(N), np.zeros(N)])
def histogram_without_a_repeated_bin(bins, hist):
    for i in prange(bins.size):
        hist[bins[i]] += 1


@kernel([bins(), np.zeros(4)])
def histogram_by_blocks(bins, hist):
    part = np.zeros((2, 4))
    for b in prange(2):
        for i in range(b * 4, b * 4 + 4):
            part[b, bins[i]] += 1
    for b in range(2):
        hist += part[b]


@kernel([x()], "x: read-after-write", "x: write-after-read")
def stencil_in_place(x):
    for i in prange(1, x.size - 1):
        x[i] = 0.5 * (x[i - 1] + x[i + 1])


@kernel([x(), x()])
def stencil_to_another(x, out):
    for i in prange(1, x.size - 1):
        out[i] = 0.5 * (x[i - 1] + x[i + 1])


@kernel([x()])
def red_black(x):
    for colour in range(2):
        for k in prange(3):
            i = 1 + 2 * k + colour
            x[i] = 0.5 * (x[i - 1] + x[i + 1]) if i + 1 < x.size else x[i]


@kernel([x()], "x: read-after-write")
def prefix_sum(x):
    for i in prange(1, x.size):
        x[i] += x[i - 1]


@kernel([x()], "x: write-after-read")
def shift_left(x):
    for i in prange(x.size - 1):
        x[i] = x[i + 1]


@kernel([x()], "x: write-after-read", "x: read-after-write")
def reverse_in_place(x):
    for i in prange(x.size):
        x[i] = x[x.size - 1 - i]


@kernel([x()])
def reverse_by_swaps(x):
    for i in prange(x.size // 2):
        x[i], x[-1 - i] = x[-1 - i], x[i]


@kernel([x(), np.zeros(1)], "total: write-write")
def sum_into_one_element(x, total):
    for i in prange(x.size):
        total[0] += x[i]


@kernel([x(), np.zeros(1)], "flag: write-write")
def the_same_value(x, flag):
    for i in prange(x.size):
        if x[i] > 3:
            flag[0] = 1


@kernel([x(), np.zeros(1)])
def one_writer(x, flag):
    for i in prange(x.size):
        if x[i] == 3:
            flag[0] = 1


@kernel([x(), np.zeros(4)], "out: write-write")
def gather_to_half(x, out):
    for i in prange(x.size):
        out[i // 2] = x[i]


@kernel([x()], "x: read-after-write")
def first_element_by_negative_index(x):
    for i in prange(x.size):
        x[i] = x[-x.size] + 1


@kernel([x(), x()])
def negative_index_of_its_own(x, out):
    for i in prange(x.size):
        out[-1 - i] = x[i]


@kernel([x(), x()], "out: out of bounds")
def one_too_far(x, out):
    for i in prange(x.size):
        out[i + 1] = x[i]


@kernel([m(), np.zeros(N)])
def rows(m, out):
    for i in prange(m.shape[0]):
        for j in range(m.shape[1]):
            out[i] += m[i, j]


@kernel([m(), np.zeros(4)], "out: write-write")
def columns_by_rows(m, out):
    for i in prange(m.shape[0]):
        for j in range(m.shape[1]):
            out[j] += m[i, j]


@kernel([m(4, 4)])
def triangle(m):
    for i in prange(4):
        for j in range(i):
            m[i, j] = m[j, j] + 1 if i == j else 0


@kernel([m(4, 4)], "m: write-write")
def symmetric_twice(m):
    for i in prange(4):
        for j in range(4):
            m[i, j] = 1.0
            m[j, i] = 1.0


@kernel([m(4, 4)], "m: read-after-write", "m: write-after-read")
def transpose_in_place(m):
    for i in prange(4):
        for j in range(4):
            m[i, j] = m.T[i, j]


@kernel([x(), x()])
def slices_of_its_own(x, out):
    for b in prange(4):
        out[2 * b : 2 * b + 2] = x[2 * b : 2 * b + 2] * 2
        out[2 * b : 2 * b + 2] += 1


@kernel([x(), np.zeros(N + 1)], "out: write-write")
def slices_that_overlap(x, out):
    for b in prange(4):
        out[2 * b : 2 * b + 3] += x[2 * b]


@kernel([x()])
def strided_slices(x):
    for b in prange(2):
        x[b::2] = b


@kernel([x()], "x: write-write")
def strided_slices_that_meet(x):
    for b in prange(2):
        x[:: b + 2] = b


@kernel([m()])
def row_views(m):
    for i in prange(m.shape[0]):
        row = m[i]
        row += 1.0
        row[0] = row[1:].sum()


@kernel([m()], "m: write-write")
def column_view_that_is_shared(m):
    first = m[:, 0]
    for i in prange(m.shape[0]):
        m[i, 0] = i
        first[0] = i


@kernel([m()], "m: write-write")
def flat_view_of_a_matrix(m):
    flat = m.reshape(-1)
    for i in prange(m.shape[0]):
        flat[i] = 1.0
        m[i, 0] = 2.0


@kernel([m(), x()], "m: write-write", "x: write-write")
def views_by_numpy(m, x):
    columns, same = np.transpose(m), np.ascontiguousarray(x)
    for i in prange(4):
        columns[0, i] = np.ravel(m)[4 * i]
        m[i // 2, 0] = 1.0
        same[i // 2] = 1.0


@kernel([bins(), np.zeros(4)], "out: write-write")
def fancy_index(bins, out):
    for i in prange(4):
        out[bins[i : i + 2]] = 1.0


@kernel([bins(), x(), np.zeros(4)])
def fancy_index_reads(bins, x, out):
    for i in prange(4):
        out[i] = x[bins[i : i + 3]].sum()


@kernel([x()], "x: write-write")
def boolean_mask(x):
    for i in prange(2):
        x[x > 4 * (i + 1)] = 0.0 if i else 9.0


@pytest.mark.parametrize(("function", "args", "verdict"), KERNELS)
def test_verdict(function: Any, args: list[np.ndarray], verdict: tuple[str, ...]) -> None:
    judge(function, args, verdict)


def test_there_are_enough_of_both_sorts() -> None:
    assert KERNELS.racy() >= 15
    assert len(KERNELS) - KERNELS.racy() >= 10
