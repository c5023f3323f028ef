# fails: counts_bytes, under_the_roof, decode_weights
# Counts every load and store of the source, not what comes from memory; adds up the two times of
# the law instead of taking the larger; and reads the weights anew for every sequence.


# %% task="tally"
def tally(kernel, n, itemsize=8, fetch=True):
    flop, accesses = {
        "triad": (2 * n, 3 * n),
        "dot": (2 * n, 2 * n),
        "rank1": (2 * n**2, 4 * n**2),
        "cells": (4 * n**2, 5 * n**2),
        "matvec": (2 * n**2, 2 * n**2 + n),
        "matmul": (2 * n**3, 2 * n**3 + n**2),
    }[kernel]
    return flop, accesses * itemsize


# %% task="attainable"
def attainable(flop, moved, footprint, machine):
    seconds = flop / machine["peak"] + moved / machine["bandwidth"]
    ridge = machine["peak"] / machine["bandwidth"]
    return flop / seconds, "bandwidth" if flop / moved < ridge else "peak"


# %% task="decode_seconds"
def decode_seconds(model, batch, context, machine):
    width, kv_width, size = model["width"], model["kv_width"], model["itemsize"]
    weights = width * (2 * width + 2 * kv_width + 2 * model["hidden"])
    moved = batch * (weights + 2 * kv_width * context) * size
    return model["layers"] * moved / machine["bandwidth"]
