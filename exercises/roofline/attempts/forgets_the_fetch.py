# fails: counts_fetch, batch_reaches_the_ridge, decode_context
# Leaves out what nobody asked for: the line that is fetched, the tokens beside the weights, and the
# keys and values of all sequences but one.


# %% task="tally"
def tally(kernel, n, itemsize=8, fetch=True):
    flop, elements = {
        "triad": (2 * n, 3 * n),
        "dot": (2 * n, 2 * n),
        "rank1": (2 * n**2, 2 * n**2 + 2 * n),
        "cells": (4 * n**2, (n + 1) ** 2 + n**2),
        "matvec": (2 * n**2, n**2 + 2 * n),
        "matmul": (2 * n**3, 3 * n**2),
    }[kernel]
    return flop, elements * itemsize


# %% task="smallest_batch"
def smallest_batch(inputs, outputs, itemsize, machine):
    return math.ceil(machine["peak"] / machine["bandwidth"] * itemsize / 2)


# %% task="decode_seconds"
def decode_seconds(model, batch, context, machine):
    width, kv_width = model["width"], model["kv_width"]
    weights = width * (2 * width + 2 * kv_width + 2 * model["hidden"])
    moved = weights + 2 * kv_width * context
    return model["layers"] * moved * model["itemsize"] / machine["bandwidth"]
