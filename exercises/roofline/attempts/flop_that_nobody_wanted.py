# fails: counts_flop, bound_of_the_place, matmul_intensity
# Counts one flop for a multiply and an add; takes the ridge of memory for data in cache; and makes
# each product twice, which looks like intensity and is only work.


# %% task="tally"
def tally(kernel, n, itemsize=8, fetch=True):
    flop, read, written, fetched = {
        "triad": (n, 2 * n, n, n),
        "dot": (n, 2 * n, 0, 0),
        "rank1": (n**2, n**2 + 2 * n, n**2, 0),
        "cells": (4 * n**2, (n + 1) ** 2, n**2, n**2),
        "matvec": (n**2, n**2 + n, n, n),
        "matmul": (n**3, 2 * n**2, n**2, n**2),
    }[kernel]
    return flop, itemsize * (read + written + fetched * fetch)


# %% task="attainable"
def attainable(flop, moved, footprint, machine):
    bandwidths = [c["bandwidth"] for c in machine["caches"] if footprint <= c["size"]]
    slope = flop / moved * max([machine["bandwidth"], *bandwidths])
    ridge = machine["peak"] / machine["bandwidth"]
    return min(slope, machine["peak"]), "bandwidth" if flop / moved < ridge else "peak"


# %% task="matmul"
@njit
def matmul(a, b, out):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = 0.0
            for m in range(a.shape[1]):
                total += a[i, m] * b[m, j] + 0.5 * (a[i, m] - b[m, j])
                total -= 0.5 * (a[i, m] - b[m, j])
            out[i, j] = total
