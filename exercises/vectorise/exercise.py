# %% [markdown]
# # Temporaries are traffic: the exercise
#
# Four tasks. `saxpy` is the core; the others are stretch tasks, in any order.
#
# Write your answer in place of `raise NotImplementedError()`, run the cell, then run the check
# below it. Stuck? Run `hint("saxpy")`: the first hint nudges, the third is nearly the code.

# %%
import math

import numpy as np
from numba import njit, prange

from hpclab import check, hint

# %% [markdown]
# ## `saxpy`: one pass over memory (core)
#
# Fill `out` so that `out[i]` is `a * x[i] + y[i]` for every `i`.
#
# 1. Write a plain `for` loop over the elements. Run the check: the first line turns green.
# 2. Put `@njit` above `def saxpy`, run both cells again: now the loop is compiled.
#
# The NumPy line `out[:] = a * x + y` gives the same numbers, but writes the products to a temporary
# array and reads them back. Your loop must not. The check counts: your compiled code may load 16
# bytes an element and store 8.


# %% task="saxpy"
def saxpy(a, x, y, out):
    """Write a * x[i] + y[i] into out[i]; x, y and out are 1-D arrays of one length."""
    ### BEGIN SOLUTION
    for i in range(x.size):
        out[i] = a * x[i] + y[i]


saxpy = njit(saxpy)
### END SOLUTION


# %% check="saxpy"

# %% [markdown]
# ## `distance`: a sum without a temporary (stretch)
#
# Return the Euclidean distance of two vectors, the square root of the sum of `(x[i] - y[i]) ** 2`.
# Compile it. Load each number once and store nothing: no third array, no second look.
#
# Mind the digits: the data may be `float32`, may lie far from zero, and may be empty (distance 0).


# %% task="distance"
def distance(x, y):
    """The Euclidean distance of x and y, 1-D arrays of one length, as a float."""
    ### BEGIN SOLUTION
    total = 0.0  # float64, whatever the arrays hold
    for i in range(x.size):
        difference = x[i] - y[i]
        total += difference * difference
    return math.sqrt(total)


distance = njit(distance)
### END SOLUTION


# %% check="distance"

# %% [markdown]
# ## `traffic`: count the bytes (stretch)
#
# An array expression runs step by step. Each step writes one array and reads some (single numbers,
# such as `a` below, cost nothing):
#
# ```python
# steps = [("t", ["x"]), ("out", ["t", "y"])]     # t = a * x;  out = t + y
# steps = [("out", ["x", "y"])]                   # one fused loop
# ```
#
# Return the bytes that cross between core and memory, for arrays of `n` elements of `itemsize`
# bytes that are far larger than any cache. The rules:
#
# - a step reads each *different* array it names once, in full, and writes its array once;
# - with `write_allocate=True`, an array that is written is fetched first, unless the same step
#   reads it anyway.


# %% task="traffic"
def traffic(steps, n, itemsize=8, write_allocate=False):
    """Bytes moved by `steps`, a list of (name written, list of names read)."""
    ### BEGIN SOLUTION
    passes = 0
    for target, sources in steps:
        passes += len(set(sources)) + 1
        if write_allocate and target not in sources:
            passes += 1
    return passes * n * itemsize
    ### END SOLUTION


# %% check="traffic"

# %% [markdown]
# ## `softmax_rows`: stable, parallel, lean (stretch)
#
# Return a new array of the shape and dtype of `scores`. Each row becomes shares that add up to 1:
#
# $$\mathrm{out}_{ij} = \frac{e^{s_{ij} - m_i}}{\sum_k e^{s_{ik} - m_i}},
# \qquad m_i = \max_k s_{ik}.$$
#
# Subtracting the row's largest score changes nothing on paper, and keeps `exp` from overflowing.
# Rows are independent: compile with `@njit(parallel=True)` and give them to `prange`.
#
# No row may write what another one reads or writes; such a race is found by following every access,
# not by luck. And the threads must be worth it: on four of them your function is at least 2.5 times
# as fast as `row_by_row` in `checks.py` is on one. That is *virtual* time, the CPU time of your
# busiest thread, so a small or busy machine will do.
#
# Besides the result, hold next to nothing: at the peak at most 1.2 times the result's bytes, and no
# array for each row. A score of `-inf` is a masked one: its share is 0. At least one score in each
# row is finite.


# %% task="softmax_rows"
def softmax_rows(scores):
    """The softmax of each row of `scores`, a 2-D array of float32 or float64."""
    ### BEGIN SOLUTION
    out = np.empty_like(scores)
    for i in prange(scores.shape[0]):
        top = -np.inf
        for j in range(scores.shape[1]):
            top = max(top, scores[i, j])
        total = 0.0
        for j in range(scores.shape[1]):
            share = math.exp(scores[i, j] - top)
            out[i, j] = share
            total += share
        for j in range(scores.shape[1]):
            out[i, j] /= total
    return out


softmax_rows = njit(parallel=True)(softmax_rows)
### END SOLUTION


# %% check="softmax_rows"
