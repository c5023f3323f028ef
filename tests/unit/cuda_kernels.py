"""Kernels whose accesses are known; cuda_cases.py runs them in the CUDA simulator."""

import numpy as np
from numba import cuda, float32


@cuda.jit
def copy(a, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[i]


@cuda.jit
def strided(a, out, stride, shift):
    i = cuda.grid(1)
    out[i] = a[i * stride + shift]


@cuda.jit
def grid_stride(a, out):
    for i in range(cuda.grid(1), a.size, cuda.gridsize(1)):
        out[i] = 2 * a[i]


@cuda.jit
def interior(a, out):
    """The first thread skips its first round: it must stay in step with the others."""
    for i in range(cuda.grid(1), a.size, cuda.gridsize(1)):
        if 0 < i < a.size - 1:
            out[i] = a[i - 1] + a[i + 1]


@cuda.jit
def early(a, out):
    """Threads leave one by one."""
    i = cuda.grid(1)
    for k in range(32):
        if k > i:
            break
        out[i] = a[k]


@cuda.jit
def late(a, out):
    """Threads join one by one: round k of every thread reads element k."""
    i = cuda.grid(1)
    k = 0
    while k < 32:
        k += 1
        if k <= i:
            continue
        out[i] += a[k - 1]


@cuda.jit
def ragged(a, out):
    """An inner loop, first of another length in each thread, then of four; and one access more."""
    i = cuda.grid(1)
    for j in range(2):
        for k in range(4 if j else i):
            a[k]
        out[i] = a[32 * j + i]


@cuda.jit
def matmul(a, b, c, row_is_x):
    x, y = cuda.grid(2)
    i, j = (x, y) if row_is_x else (y, x)
    total = float32(0)
    for k in range(a.shape[1]):
        total += a[i, k] * b[k, j]
    c[i, j] = total


@cuda.jit
def transpose(a, out):
    x, y = cuda.grid(2)
    out[x, y] = a[y, x]


@cuda.jit
def transpose_tile(a, out):
    tile = cuda.shared.array((16, 16), float32)
    x, y = cuda.grid(2)
    i, j = cuda.threadIdx.x, cuda.threadIdx.y
    tile[j, i] = a[y, x]
    cuda.syncthreads()
    out[cuda.blockIdx.x * 16 + j, cuda.blockIdx.y * 16 + i] = tile[i, j]


@cuda.jit
def records(points, out):
    i = cuda.grid(1)
    out[i] = points[i].x.real
    points[i]["y"] = 1


@cuda.jit
def histogram(a, bins):
    i = cuda.grid(1)
    cuda.atomic.add(bins, a[i], 1)


@cuda.jit
def swap_if(a, expected):
    cuda.atomic.cas(a, cuda.grid(1), expected, 7)


@cuda.jit
def block_atomics(a):
    cuda.atomic.max(a, (cuda.threadIdx.y, cuda.threadIdx.x), 3)


@cuda.jit
def rows(a, out):
    """Each thread works on a row, through views."""
    i = cuda.grid(1)
    row = a[i]
    out[i, :] = row[1:3]
    for value in row[:2]:
        out[i, 0] += value
    out.T[1, i] = 0


@cuda.jit(device=True)
def load(a, i):
    return a[i]


@cuda.jit
def by_halves(a, out):
    """Two calls of one device function are two instructions; half the warp takes the first."""
    i = cuda.grid(1)
    if i < 16:
        out[i] = load(a, i)
    out[i] = load(a, 2 * i)


@cuda.jit
def pair(arrays, factor):
    i = cuda.grid(1)
    arrays[0][i] = factor * arrays[1][i]


@cuda.jit
def local(out):
    mine = cuda.local.array(4, float32)
    for k in range(4):
        mine[k] = k
    out[cuda.grid(1)] = mine[3]


@cuda.jit
def folded(a):
    a[cuda.grid(1)] = a.sum()


@cuda.jit
def whole_record(points):
    points[cuda.grid(1)] = points[0]


@cuda.jit
def gather(a, index):
    a[np.array([1, 2])]
