"""Public checks of `roofline`: they travel with the notebook and know only the obvious answer."""

import numpy as np

from hpclab.checks import check

# -- tally --------------------------------------------------------------------------------------

# For n = 1,000: flop, bytes without and with write-allocate.
THOUSAND = {
    "triad": (2_000, 24_000, 32_000),
    "dot": (2_000, 16_000, 16_000),
    "rank1": (2_000_000, 16_016_000, 16_016_000),
    "cells": (4_000_000, 16_016_008, 24_016_008),
    "matvec": (2_000_000, 8_016_000, 8_024_000),
    "matmul": (2_000_000_000, 24_000_000, 32_000_000),
}


def counted(work, kernel, n, **how):
    """What `tally` returns: a pair of numbers."""
    pair = work.call("tally", kernel, n, **how)
    fine = isinstance(pair, tuple | list) and len(pair) == 2
    work.expect(fine, got=repr(pair), expected="a tuple of two integers, (flop, bytes)")
    return pair


@check(task="tally", points=2)
def counts_flop(work):
    """`tally` knows the flop of all six kernels for n = 1,000."""
    why = "Count the + and the * in the line, times how often the line is run."
    for kernel, (flop, _, _) in THOUSAND.items():
        got, _ = counted(work, kernel, 1000)
        work.expect(got == flop, f"{got:,} flop for {kernel}", f"{flop:,}", why)


@check(task="tally", points=2)
def counts_bytes(work):
    """`tally` knows the bytes of all six kernels for n = 1,000, without write-allocate."""
    why = "Each element that is read crosses once, and each that is written once: 8 bytes each."
    for kernel, (_, moved, _) in THOUSAND.items():
        _, got = counted(work, kernel, 1000, fetch=False)
        work.expect(got == moved, f"{got:,} bytes for {kernel}", f"{moved:,}", why)


@check(task="tally", points=1, after="counts_bytes")
def counts_fetch(work):
    """With `fetch=True` what is only written is fetched first."""
    why = "A core that writes part of a cache line reads the line before, unless it is there."
    for kernel, (_, _, moved) in THOUSAND.items():
        _, got = counted(work, kernel, 1000)
        work.expect(got == moved, f"{got:,} bytes for {kernel}", f"{moved:,}", why)


# -- attainable ---------------------------------------------------------------------------------

# Machine models, not machines: flop/s, byte/s, byte.
NO_CACHE = {"peak": 100e9, "bandwidth": 20e9, "caches": []}
CACHES = {
    "peak": 100e9,
    "bandwidth": 20e9,
    "caches": [{"size": 32_000, "bandwidth": 400e9}, {"size": 2_000_000, "bandwidth": 80e9}],
}


def limit(work, flop, moved, footprint, machine):
    """What `attainable` returns: a number and a word."""
    pair = work.call("attainable", flop, moved, footprint, machine)
    fine = isinstance(pair, tuple | list) and len(pair) == 2 and pair[1] in ("bandwidth", "peak")
    work.expect(fine, got=repr(pair), expected='a tuple (flop/s, "bandwidth" or "peak")')
    return pair


@check(task="attainable", points=2)
def under_the_roof(work):
    """With 100 Gflop/s, 20 GB/s and no cache, four kernels get what the law says."""
    why = "The smaller of peak, and bandwidth times flop per byte."
    for flop, moved, most in ((2, 32, 1.25e9), (32, 16, 40e9), (80, 8, 100e9), (9e9, 1e9, 100e9)):
        got, _ = limit(work, flop, moved, 1e9, NO_CACHE)
        work.close_to(float(got), most, why=why)


@check(task="attainable", points=1)
def names_the_bound(work):
    """Far from the ridge of 5 flop/byte, `attainable` says which of the two is in the way."""
    for flop, moved, word in ((2, 16, "bandwidth"), (2, 1, "bandwidth"), (80, 8, "peak")):
        _, got = limit(work, flop, moved, 1e9, NO_CACHE)
        work.expect(got == word, f'"{got}" at {flop / moved:g} flop/byte', f'"{word}"')


@check(task="attainable", points=1, after="under_the_roof")
def knows_caches(work):
    """Data that fit in a cache come with the cache's bandwidth; the smaller cache is the faster."""
    why = "The law counts bytes at the place where the data come from."
    for footprint, most in ((20_000, 50e9), (1_000_000, 10e9), (3_000_000, 2.5e9)):
        got, _ = limit(work, 2, 16, footprint, CACHES)
        work.close_to(float(got), most, why=why)


# -- smallest_batch -----------------------------------------------------------------------------


def intensity(n, inputs, outputs, itemsize):
    """Flop per byte of one linear layer: the definition."""
    moved = itemsize * (n * inputs + inputs * outputs + n * outputs)
    return 2 * n * inputs * outputs / moved


def expect_smallest(work, inputs, outputs, itemsize, machine):
    """Fail unless the batch reaches the ridge and one token less would not."""
    n = work.call("smallest_batch", inputs, outputs, itemsize, machine)
    whole = isinstance(n, int | np.integer) and n >= 1
    work.expect(whole, got=repr(n), expected="an integer of at least 1")
    ridge = machine["peak"] / machine["bandwidth"]
    reached, before = (intensity(m, inputs, outputs, itemsize) for m in (n, n - 1))
    got = f"{n}: {reached:.6g} flop/byte; with one token less {before:.6g}"
    expected = f"the first number with at least the ridge, {ridge:.6g} flop/byte"
    why = "Weights move once for all tokens; tokens and results move too."
    fine = reached >= ridge * (1 - 1e-9) and before < ridge * (1 + 1e-9)
    work.expect(fine, got, expected, why)


ACCELERATOR = {"peak": 400e12, "bandwidth": 2e12}


@check(task="smallest_batch", points=2)
def batch_reaches_the_ridge(work):
    """`smallest_batch` is right for square layers of 4,096, 1,024 and 8,192, with 2 bytes."""
    for width in (4096, 1024, 8192):
        expect_smallest(work, width, width, 2, ACCELERATOR)


@check(task="smallest_batch", points=1, after="batch_reaches_the_ridge")
def batch_not_square(work):
    """`smallest_batch` is right for layers that are wider at one end."""
    for inputs, outputs in ((4096, 16384), (16384, 4096), (1000, 3000)):
        expect_smallest(work, inputs, outputs, 2, ACCELERATOR)


# -- decode_seconds -----------------------------------------------------------------------------

MODEL = {"layers": 10, "width": 1000, "kv_width": 1000, "hidden": 4000, "itemsize": 2}
PLAIN = {"peak": 100e12, "bandwidth": 1e12}


@check(task="decode_seconds", points=1)
def decode_weights(work):
    """Without much context a step reads 120,000,000 weights of 2 bytes at 1 TB/s: 0.24 ms."""
    why = "2 flop for 2 bytes is far below the ridge: the weights take their time to arrive."
    work.close_to(work.call("decode_seconds", MODEL, 1, 1, PLAIN), 2.4e-4, rtol=0.005, why=why)
    why = "And they arrive once for all sequences of the batch."
    work.close_to(work.call("decode_seconds", MODEL, 20, 1, PLAIN), 2.4e-4, rtol=0.005, why=why)


@check(task="decode_seconds", points=1, after="decode_weights")
def decode_context(work):
    """Keys and values are read for every sequence: 4,000 bytes a token of context and layer."""
    why = "Each sequence has its own keys and values; a batch does not share them."
    got = work.call("decode_seconds", MODEL, 1, 5000, PLAIN)
    work.close_to(got, 2.4e-4 + 2e-4, why=why)
    got = work.call("decode_seconds", MODEL, 20, 5000, PLAIN)
    work.close_to(got, 2.4e-4 + 20 * 2e-4, why=why)


# -- matmul -------------------------------------------------------------------------------------


def matrices(work, rows, inner, columns):
    """Two random matrices, and room for their product."""
    a, b = work.rng.standard_normal((rows, inner)), work.rng.standard_normal((inner, columns))
    return a, b, np.full((rows, columns), np.nan)


@check(task="matmul", points=2)
def matmul_agrees(work):
    """`matmul` fills `out` with NumPy's product, for matrices of 12 × 16 and 16 × 20."""
    a, b, out = matrices(work, 12, 16, 20)
    want = a @ b
    work.call("matmul", a, b, out)
    work.close_to(out, want, rtol=1e-9, atol=1e-12, why="NaN: never written.")


@check(task="matmul", points=1, after="matmul_agrees")
def matmul_compiled(work):
    """`matmul` is compiled by Numba."""
    work.call("matmul", *matrices(work, 4, 4, 4))
    found = work.signatures("matmul")
    work.expect(found, got="no compiled version", expected="one", why="Put `@njit` above the def.")


@check(task="matmul", points=2, after="matmul_compiled")
def matmul_intensity(work):
    """For 64 × 64, at least 0.24 flop for each byte loaded or stored, and no flop too many."""
    found = work.operations("matmul", *matrices(work, 64, 64, 64))
    needed, moved = 2 * 64**3, found.bytes_loaded + found.bytes_stored
    right = 0.99 * needed <= found.flops <= 1.01 * needed
    why = "Your own loops make each of the flop once; those of a library are not counted."
    work.expect(right, f"{found.flops:,} flop", f"{needed:,}, and no more than 1 % beside it", why)
    got = f"{found.flops:,} flop for {moved:,} bytes: {found.flops / moved:.3f} flop/byte"
    why = "Load two numbers of `a` and two of `b`, and use each of them twice."
    work.expect(found.flops >= 0.24 * moved, got, "at least 0.24", why)
