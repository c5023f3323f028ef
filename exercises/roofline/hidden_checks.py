"""Hidden checks of `roofline`: other sizes, types, machines and shapes. They never ship."""

import numpy as np

from hpclab.checks import check

# -- tally --------------------------------------------------------------------------------------


def exact(kernel, n, itemsize, fetch):
    """The expert reference: (flop, bytes)."""
    flop, read, written, fetched = {
        "triad": (2 * n, 2 * n, n, n),
        "dot": (2 * n, 2 * n, 0, 0),
        "rank1": (2 * n * n, n * n + 2 * n, n * n, 0),
        "cells": (4 * n * n, (n + 1) * (n + 1), n * n, n * n),
        "matvec": (2 * n * n, n * n + n, n, n),
        "matmul": (2 * n * n * n, 2 * n * n, n * n, n * n),
    }[kernel]
    return flop, itemsize * (read + written + fetched * fetch)


KERNELS = ("triad", "dot", "rank1", "cells", "matvec", "matmul")


def expect_exact(work, n, itemsize, why):
    """All six kernels, with and without write-allocate."""
    for kernel in KERNELS:
        for fetch in (True, False):
            got = work.call("tally", kernel, n, itemsize=itemsize, fetch=fetch)
            work.equal(tuple(got), exact(kernel, n, itemsize, fetch), why=why)


@check(task="tally", points=1, after=("counts_flop", "counts_fetch"))
def tally_other_sizes(work):
    """`tally` is right for n = 1, 7 and 4,096."""
    for n in (1, 7, 4096):
        expect_exact(work, n, 8, why=f"n = {n}: the small terms count too.")


@check(task="tally", points=1, after=("counts_flop", "counts_fetch"))
def tally_other_types(work):
    """`tally` is right for elements of 2 and 4 bytes."""
    for itemsize in (2, 4):
        expect_exact(work, 1000, itemsize, why="`itemsize` bytes an element, and not 8.")


@check(task="tally", points=1, after=("counts_flop", "counts_fetch"))
def tally_stays_exact(work):
    """`tally` is exact where floats are not: n = 200,001."""
    expect_exact(work, 200_001, 8, why="Above 2**53 a float has no room for odd numbers: use ints.")


# -- attainable ---------------------------------------------------------------------------------


@check(task="attainable", points=1, after="knows_caches")
def caches_in_any_order(work):
    """Caches may come in any order; what is exactly as large as a cache fits in it."""
    caches = [
        {"size": 4_000_000, "bandwidth": 100e9},
        {"size": 50_000, "bandwidth": 500e9},
        {"size": 300_000, "bandwidth": 200e9},
    ]
    machine = {"peak": 1e12, "bandwidth": 10e9, "caches": caches}
    cases = ((50_000, 500e9), (50_001, 200e9), (300_001, 100e9), (4_000_000, 100e9), (5e6, 10e9))
    for footprint, bandwidth in cases:
        got, _ = work.call("attainable", 1, 8, footprint, machine)
        work.close_to(float(got), bandwidth / 8, why="The fastest place that holds all of it.")


@check(task="attainable", points=1, after="knows_caches")
def bound_of_the_place(work):
    """The same kernel is bound by bandwidth from memory, and by the peak from cache."""
    caches = [{"size": 100_000, "bandwidth": 1000e9}]
    machine = {"peak": 50e9, "bandwidth": 10e9, "caches": caches}
    for footprint, word in ((1e9, "bandwidth"), (1e4, "peak")):
        _, got = work.call("attainable", 8, 8, footprint, machine)
        why = "Each place has a ridge of its own."
        work.expect(got == word, f'"{got}" for {footprint:g} bytes', f'"{word}"', why)
    got = work.call("attainable", 0, 16, 1e9, machine)
    work.equal(tuple(got), (0.0, "bandwidth"), why="A copy computes nothing, and waits for memory.")


# -- smallest_batch -----------------------------------------------------------------------------


def smallest(inputs, outputs, itemsize, ridge):
    """The expert reference for a ridge that is an integer: exact."""
    gain = 2 * inputs * outputs - ridge * itemsize * (inputs + outputs)
    return None if gain <= 0 else max(1, -(-ridge * itemsize * inputs * outputs // gain))


@check(task="smallest_batch", points=1, after="batch_reaches_the_ridge", cpu=10)
def batch_never(work):
    """Where tokens cost as much as they bring, no batch is large enough: `None`."""
    machine = {"peak": 300e12, "bandwidth": 1e12}
    for inputs, outputs in ((64, 64), (600, 600), (64, 8192)):
        got = work.call("smallest_batch", inputs, outputs, 2, machine)
        why = "With many tokens the weights no longer count: the intensity has a limit."
        work.expect(got is None, repr(got), f"None for {inputs} × {outputs}", why)


@check(task="smallest_batch", points=1, after="batch_reaches_the_ridge", cpu=10)
def batch_of_other_machines(work):
    """`smallest_batch` is right for 1, 4 and 8 bytes, small ridges, and just above the limit."""
    cases = (
        (4096, 4096, 1, 200),
        (4096, 4096, 4, 50),
        (512, 2048, 8, 6),
        (16, 16, 2, 1),
        (602, 602, 2, 300),
        (4096, 4096, 1, 1),
    )
    for inputs, outputs, itemsize, ridge in cases:
        machine = {"peak": ridge * 1e12, "bandwidth": 1e12}
        got = work.call("smallest_batch", inputs, outputs, itemsize, machine)
        want = smallest(inputs, outputs, itemsize, ridge)
        why = f"{inputs} × {outputs}, {itemsize} bytes a number, ridge {ridge} flop/byte."
        work.equal(got, want, why=why)


# -- decode_seconds -----------------------------------------------------------------------------

MODEL = {"layers": 4, "width": 2048, "kv_width": 2048, "hidden": 8192, "itemsize": 2}


@check(task="decode_seconds", points=1, after="decode_context")
def decode_two_roofs(work):
    """With 500 sequences the linear layers compute, while attention still waits for memory."""
    machine = {"peak": 100e12, "bandwidth": 1e12}
    weights = 2048 * (4 * 2048 + 2 * 8192)
    linear = 2 * weights * 500 / 100e12
    attention = 2 * 2048 * 3000 * 500 * 2 / 1e12
    got = work.call("decode_seconds", MODEL, 500, 3000, machine)
    why = "One waits for flop and the other for bytes, and not at the same time: add their times."
    work.close_to(got, 4 * (linear + attention), why=why)


@check(task="decode_seconds", points=1, after="decode_context")
def decode_shared_keys(work):
    """Keys and values may be narrower than the queries, and of another size than 2 bytes."""
    machine = {"peak": 500e12, "bandwidth": 2e12}
    for kv_width, itemsize in ((256, 2), (512, 1), (2048, 4)):
        model = {**MODEL, "kv_width": kv_width, "itemsize": itemsize}
        weights = 2048 * (2 * 2048 + 2 * kv_width + 2 * 8192)
        linear = max(2 * weights * 8 / 500e12, weights * itemsize / 2e12)
        flop, moved = 4 * 2048 * 1000 * 8, 2 * kv_width * 1000 * 8 * itemsize
        attention = max(flop / 500e12, moved / 2e12)
        got = work.call("decode_seconds", model, 8, 1000, machine)
        why = f"kv_width {kv_width}, {itemsize} bytes: queries keep their width, keys do not."
        work.close_to(got, 4 * (linear + attention), why=why)


# -- matmul -------------------------------------------------------------------------------------


@check(task="matmul", points=1, after="matmul_agrees")
def matmul_any_shape(work):
    """`matmul` is right for odd, single and empty rows, columns and inner sizes."""
    shapes = (
        (1, 1, 1),
        (3, 5, 7),
        (2, 3, 5),
        (5, 2, 2),
        (1, 4, 9),
        (4, 0, 3),
        (0, 3, 2),
        (7, 7, 7),
    )
    for rows, inner, columns in shapes:
        a, b = work.rng.standard_normal((rows, inner)), work.rng.standard_normal((inner, columns))
        out, want = np.full((rows, columns), np.nan), a @ b
        work.call("matmul", a, b, out)
        why = f"{rows} × {inner} times {inner} × {columns}: no row or column is left out."
        work.close_to(out, want, rtol=1e-9, atol=1e-12, why=why)


@check(task="matmul", points=1, after=("matmul_compiled", "matmul_any_shape"))
def matmul_no_arrays(work):
    """`matmul` makes no array, takes views, and leaves `a` and `b` as they were."""
    a, b = work.rng.standard_normal((9, 6)).T, work.rng.standard_normal((18, 5))[::2]
    out, want, before = np.full((6, 5), np.nan), a @ b, (a.copy(), b.copy())
    work.call("matmul", a, b, out)
    work.close_to(out, want, rtol=1e-9, atol=1e-12, why="A view is an array too.")
    for name, now, then in zip("ab", (a, b), before, strict=True):
        work.equal(now, then, why=f"`{name}` belongs to the caller.")
    made = work.allocations("matmul", a, b, out)
    work.equal(made, 0, why="The four totals are single numbers, and `out` is there already.")
