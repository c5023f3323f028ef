# %% [markdown]
# # Under the roof: the exercise
#
# Five tasks. `tally` is the core; the others are stretch tasks, in any order. Nothing here depends
# on how fast your computer is: machines are given as numbers, and what code does is counted.
#
# Write your answer in place of `raise NotImplementedError()`, run the cell, then run the check
# below it. Stuck? Run `hint("tally")`: the first hint nudges, the third is nearly the code.

# %%
import math

import numpy as np
from numba import njit

from hpclab import check, hint

# %% [markdown]
# ## `tally`: flop and bytes of six kernels (core)
#
# Vectors have `n` elements, matrices `n` × `n`; the `u` of `cells` is (`n` + 1) × (`n` + 1).
# Everything below is a loop over all `i`, and over all `j` and `m` where they occur.
#
# ```python
# # triad                          # dot: returns total, which starts from 0.0
# z[i] = x[i] + a * y[i]           total += x[i] * y[i]
#
# # rank1                          # cells
# A[i, j] += x[i] * y[j]           out[i, j] = 0.25 * (u[i, j] + u[i, j + 1]
#                                                      + u[i + 1, j] + u[i + 1, j + 1])
# # matvec: total is 0.0 for each i, and in the end y[i] = total
# total += A[i, j] * x[j]
#
# # matmul: total is 0.0 for each i, j, and in the end C[i, j] = total
# total += A[i, m] * B[m, j]
# ```
#
# Return two integers, the flop and the bytes of one call:
#
# - **flop**: each addition and each multiplication of floats is one;
# - **bytes** between memory and the core. The cache is empty at first, and so large that within one
#   call nothing is moved twice. So every element that is read crosses once, however often it is
#   used; every element that is written crosses once, on its way back; and with `fetch=True` an
#   element that is written and never read is fetched first, which is one crossing more
#   (write-allocate). Single numbers, such as `a` and `total`, stay in registers.
#
# For `triad` and `n` = 1,000 that is `(2000, 32000)`, and `(2000, 24000)` with `fetch=False`.


# %% task="tally"
def tally(kernel, n, itemsize=8, fetch=True):
    """Flop and bytes of one call, as a tuple of two integers.

    kernel: "triad", "dot", "rank1", "cells", "matvec" or "matmul"; n: int, see above;
    itemsize: bytes an element; fetch: whether what is only written is fetched first.
    """
    ### BEGIN SOLUTION
    # flop, elements that are read, written, and written but never read
    counts = {
        "triad": (2 * n, 2 * n, n, n),
        "dot": (2 * n, 2 * n, 0, 0),
        "rank1": (2 * n**2, n**2 + 2 * n, n**2, 0),
        "cells": (4 * n**2, (n + 1) ** 2, n**2, n**2),
        "matvec": (2 * n**2, n**2 + n, n, n),
        "matmul": (2 * n**3, 2 * n**2, n**2, n**2),
    }
    flop, read, written, fetched = counts[kernel]
    crossings = read + written + (fetched if fetch else 0)
    return flop, crossings * itemsize
    ### END SOLUTION


# %% check="tally"

# %% [markdown]
# ## `attainable`: which roof is it? (stretch)
#
# A kernel makes `flop` operations, moves `moved` bytes, and works on `footprint` different bytes
# again and again. `machine` is a dictionary:
#
# | key | meaning | unit |
# |---|---|---|
# | `peak` | what all its cores can compute | flop/s |
# | `bandwidth` | of its memory | byte/s |
# | `caches` | list, maybe empty, of dictionaries with `size` and `bandwidth` | byte, byte/s |
#
# The data come from the fastest place that holds all of the footprint: a cache whose `size` is at
# least `footprint` (they stand in any order), or else memory. Return a tuple of
#
# 1. the most flop/s that the law allows, with the bandwidth of that place;
# 2. `"bandwidth"` or `"peak"`, whichever is in the way.
#
# Within a factor of two of the ridge either word is accepted: there no measurement would tell.


# %% task="attainable"
def attainable(flop, moved, footprint, machine):
    """(flop/s, "bandwidth" or "peak") of a kernel on a given machine.

    flop, moved (bytes, above 0), footprint (bytes): numbers; machine: dict, see above.
    """
    ### BEGIN SOLUTION
    places = [cache["bandwidth"] for cache in machine["caches"] if footprint <= cache["size"]]
    bandwidth = max([machine["bandwidth"], *places])
    under_the_slope = flop / moved * bandwidth
    if under_the_slope < machine["peak"]:
        return under_the_slope, "bandwidth"
    return machine["peak"], "peak"
    ### END SOLUTION


# %% check="attainable"

# %% [markdown]
# ## `smallest_batch`: when is a layer worth its weights? (stretch)
#
# A linear layer multiplies `n` tokens of `inputs` numbers by a matrix of weights: (`n` × `inputs`)
# times (`inputs` × `outputs`). Weights and tokens are read once, results are written once, nothing
# is fetched before it is written; every number has `itemsize` bytes. An element of the result costs
# `inputs` multiplications and as many additions.
#
# Return the smallest `n` with which its intensity is at least the machine's ridge, or `None` if no
# batch is large enough: tokens have to be moved, too. `machine` has `peak` and `bandwidth`.


# %% task="smallest_batch"
def smallest_batch(inputs, outputs, itemsize, machine):
    """The smallest number of tokens, an int of at least 1, that makes a layer compute-bound.

    inputs, outputs, itemsize: ints; machine: dict with peak (flop/s) and bandwidth (byte/s).
    Returns None where no number of tokens does.
    """
    ### BEGIN SOLUTION
    ridge = machine["peak"] / machine["bandwidth"]
    weights = inputs * outputs
    # 2 n weights >= ridge itemsize (weights + n (inputs + outputs)), solved for n
    gain = 2 * weights - ridge * itemsize * (inputs + outputs)
    if gain <= 0:
        return None
    return max(1, math.ceil(ridge * itemsize * weights / gain))
    ### END SOLUTION


# %% check="smallest_batch"

# %% [markdown]
# ## `decode_seconds`: a token has two roofs (stretch)
#
# One *decode step* of a transformer makes one new token for each of `batch` sequences. Each
# sequence has `context` tokens whose keys and values are kept. In each of the `layers` two things
# happen, one after the other:
#
# | part | flop | bytes |
# |---|---|---|
# | linear layers | 2 a weight and sequence | each weight once, for all sequences |
# | attention | 4 `width` `context` a sequence | 2 `kv_width` `context` numbers a sequence |
#
# A layer has `width` × (2 `width` + 2 `kv_width` + 2 `hidden`) weights. Weights, keys and values
# have `itemsize` bytes a number; keys and values are the 2 `kv_width` numbers of each token of the
# context. Leave out everything else.
#
# Return the least time of a step, in seconds. Two kernels that run one after the other have a roof
# each: do not add up their flop and bytes before you take the larger time.


# %% task="decode_seconds"
def decode_seconds(model, batch, context, machine):
    """The least seconds of one decode step.

    model: dict with layers, width, kv_width, hidden, itemsize; batch, context: ints;
    machine: dict with peak (flop/s) and bandwidth (byte/s).
    """
    ### BEGIN SOLUTION
    width, kv_width, size = model["width"], model["kv_width"], model["itemsize"]
    weights = width * (2 * width + 2 * kv_width + 2 * model["hidden"])
    parts = [
        (2 * weights * batch, weights * size),
        (4 * width * context * batch, 2 * kv_width * context * batch * size),
    ]
    seconds = [max(flop / machine["peak"], moved / machine["bandwidth"]) for flop, moved in parts]
    return model["layers"] * sum(seconds)
    ### END SOLUTION


# %% check="decode_seconds"

# %% [markdown]
# ## `matmul`: intensity that you make (stretch)
#
# There is a roof between cache and registers as well. The three loops of `matmul` load two numbers
# for every two flop: 0.125 flop a byte, however large the matrices are. That is counted, not
# guessed: `operations` of `hpclab.count.llvm` counts what compiled code loads and stores.
#
# Write `out[:] = a @ b` as compiled loops that make **at least 0.24 flop a byte** for matrices of
# 64 × 64: the same flop, half the loads. Every number that you have in a register should serve
# twice. Compute a *tile* of 2 × 2 results at a time, with four running totals: in each step two
# numbers of `a` and two of `b` make eight flop.
#
# Matrices may have any shape, odd ones too, and be empty. Make no array, and no flop beyond
# `2 * rows * inner * columns`. (`a @ b` itself calls a library: nothing of yours is counted there.)


# %% task="matmul"
def matmul(a, b, out):
    """Write a @ b into out; a (rows, inner), b (inner, columns), out (rows, columns), floats."""
    ### BEGIN SOLUTION
    rows, inner = a.shape
    columns = b.shape[1]
    even_rows, even_columns = rows - rows % 2, columns - columns % 2
    for i in range(0, even_rows, 2):
        for j in range(0, even_columns, 2):
            t00 = t01 = t10 = t11 = 0.0
            for m in range(inner):
                a0, a1 = a[i, m], a[i + 1, m]
                b0, b1 = b[m, j], b[m, j + 1]
                t00 += a0 * b0
                t01 += a0 * b1
                t10 += a1 * b0
                t11 += a1 * b1
            out[i, j], out[i, j + 1] = t00, t01
            out[i + 1, j], out[i + 1, j + 1] = t10, t11
    for i in range(rows):  # what is left: the last column, and the last row without its corner
        for j in range(0 if i >= even_rows else even_columns, columns):
            total = 0.0
            for m in range(inner):
                total += a[i, m] * b[m, j]
            out[i, j] = total


matmul = njit(matmul)
### END SOLUTION


# %% check="matmul"
