# fails: tally_other_types, names_the_bound, batch_of_other_machines, matmul_compiled
# Eight bytes and two bytes for ever, everything slow called "bandwidth", and NumPy's product.


# %% task="tally"
def tally(kernel, n, itemsize=8, fetch=True):
    flop, read, written, fetched = {
        "triad": (2 * n, 2 * n, n, n),
        "dot": (2 * n, 2 * n, 0, 0),
        "rank1": (2 * n**2, n**2 + 2 * n, n**2, 0),
        "cells": (4 * n**2, (n + 1) ** 2, n**2, n**2),
        "matvec": (2 * n**2, n**2 + n, n, n),
        "matmul": (2 * n**3, 2 * n**2, n**2, n**2),
    }[kernel]
    return flop, 8 * (read + written + fetched * fetch)


# %% task="attainable"
def attainable(flop, moved, footprint, machine):
    bandwidths = [c["bandwidth"] for c in machine["caches"] if footprint <= c["size"]]
    slope = flop / moved * max([machine["bandwidth"], *bandwidths])
    return min(slope, machine["peak"]), "bandwidth" if slope < 1e12 else "peak"


# %% task="smallest_batch"
def smallest_batch(inputs, outputs, itemsize, machine):
    ridge = machine["peak"] / machine["bandwidth"]
    gain = inputs * outputs - ridge * (inputs + outputs)
    return max(1, math.ceil(ridge * inputs * outputs / gain)) if gain > 0 else None


# %% task="matmul"
def matmul(a, b, out):
    np.matmul(a, b, out=out)
