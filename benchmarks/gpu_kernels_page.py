"""The numbers that book/lessons/gpu-kernels.md quotes, in one run: about 20 s.

    python benchmarks/gpu_kernels_page.py

Sectors, conflicts and shares of orders are the same on every machine. How often Numba's simulator
gets a missing barrier right, and what a stride costs a processor, are of this machine and this run.
"""

import statistics
import time

import numba
import numpy as np
from numba import float32, njit

from hpclab import gpu
from hpclab.count.cuda import sectors
from hpclab.count.launch import launch

cuda = gpu()


@cuda.jit
def first(a, w, out):
    i, j = cuda.grid(2)
    if i < a.shape[0] and j < a.shape[1]:
        out[i, j] = w[i] * a[i, j]


@cuda.jit
def second(a, w, out):
    j, i = cuda.grid(2)
    if i < a.shape[0] and j < a.shape[1]:
        out[i, j] = w[i] * a[i, j]


@cuda.jit
def every(a, out, stride, start):
    i = cuda.grid(1)
    out[i] = a[start + i * stride]


@cuda.jit
def transpose(a, out):
    x, y = cuda.grid(2)
    out[x, y] = a[y, x]


@cuda.jit
def upwind(u, c, out):
    tile = cuda.shared.array(257, float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    tile[t + 1] = u[i]
    if t == 0:
        tile[0] = u[i - 1]
    out[i] = tile[t + 1] - c * (tile[t + 1] - tile[t])


def two_kernels():
    a, w = np.zeros((64, 64), np.float32), np.zeros(64, np.float32)
    print("64 x 64 numbers, blocks of 32 x 8: requests, sectors, bytes moved, share asked for")
    for kernel in (first, second):
        found = sectors(kernel, (2, 8), (32, 8), a, w, a.copy())
        rows = {"load a": found.loads["a"], "load w": found.loads["w"], "all": found.total}
        for name, one in rows.items():
            words = f"{one.requests:6,} {one.sectors:6,} {one.moved:9,} {one.efficiency:.0%}"
            print(f"  {kernel.__name__:7s} {name:7s} {words}")
    for block in ((32, 8), (16, 16), (8, 8)):
        grid = (64 // block[0], 64 // block[1])
        found = sectors(first, grid, block, a, w, a.copy())
        amd = sectors(first, grid, block, a, w, a.copy(), warp=64, sector=64)
        print(f"  first, blocks of {block}: {found.loads['a'].sectors_per_request:g} sectors; "
              f"wavefront: {amd.loads['a'].sectors_per_request:g} lines")  # fmt: skip
    found = sectors(transpose, (2, 8), (32, 8), a, a.copy())
    print(f"  transpose: {found.loads['a'].sectors_per_request:g} + "
          f"{found.stores['out'].sectors_per_request:g} sectors")  # fmt: skip


def strides():
    a, out = np.zeros(64 * 64, np.float32), np.zeros(64, np.float32)
    print("stride, start: sectors of a warp of 32; lines of 64 bytes of a wavefront of 64")
    for stride, start in ((0, 0), (1, 0), (1, 1), (2, 0), (3, 0), (8, 0), (16, 0), (32, 0)):
        one = sectors(every, 1, 32, a, out, stride, start).loads["a"].sectors
        amd = sectors(every, 1, 64, a, out, stride, start, warp=64, sector=64).loads["a"].sectors
        print(f"  {stride:3} {start} {one:4} {amd:4}")


def orders():
    n = 64
    u = np.arange(n, dtype=np.float32)
    want = u - np.float32(0.5) * (u - np.roll(u, 1))
    out = np.zeros_like(u)
    right = 0
    for _ in range(100):
        out[:] = np.nan
        upwind[1, n](u, np.float32(0.5), out)
        right += np.array_equal(out, want)
    print(f"A missing barrier, one block of {n}: right in {right} of 100 runs of Numba's simulator")
    for size in (2, 4, 8, 16, 64):
        right, seen = 0, 0
        for seed in range(1000 if size < 64 else 200):
            out[:] = np.nan
            done = launch(upwind, 1, size, u[:size], np.float32(0.5), out[:size], seed=seed)
            expected = u[:size] - np.float32(0.5) * (u[:size] - np.roll(u[:size], 1))
            right += np.array_equal(out[:size], expected)
            seen += bool(done.conflicts)
        print(f"  blocks of {size:2}: {right} of {seed + 1} random orders right; "
              f"a conflict is named in {seen}")  # fmt: skip
    print(f"  {done.conflicts[0]}")


@njit
def strided_sum(x, stride, times):
    total = np.float32(0)
    for k in range(times):
        total += x[k * stride]
    return total


def processor():
    x = np.ones(2**26, np.float32)  # 256 MiB
    times = 2**20
    print("The processor: ns an element of a sum with a stride, median of 15")
    strided_sum(x, 1, 10)
    for stride in (1, 2, 4, 8, 16, 32, 64):
        samples = []
        for k in range(15):
            part = x[(k % 3) * times :]
            start = time.perf_counter()
            strided_sum(part, stride, min(times, part.size // stride))
            count = min(times, part.size // stride)
            samples.append((time.perf_counter() - start) / count)
        print(f"  {stride:3} {statistics.median(samples) * 1e9:6.2f}")


def speed():
    a, w = np.zeros((128, 128), np.float32), np.zeros(128, np.float32)
    for name, call in (
        ("Numba's simulator", lambda: second[(4, 16), (32, 8)](a, w, a.copy())),
        ("launch", lambda: launch(second, (4, 16), (32, 8), a, w, a.copy())),
        ("sectors", lambda: sectors(second, (4, 16), (32, 8), a, w, a.copy())),
    ):
        start = time.perf_counter()
        call()
        print(f"{name}: {128 * 128 / (time.perf_counter() - start):,.0f} threads/s")


def main():
    print(f"numpy {np.__version__}, numba {numba.__version__}")
    two_kernels()
    strides()
    orders()
    speed()
    processor()


if __name__ == "__main__":
    main()
