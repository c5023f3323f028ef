# %% [markdown]
# # Exercise: GPU kernels
#
# Four tasks. `weigh` is the core; the others are stretch tasks, in any order.
#
# You need no GPU. The next cell takes one if Numba can use it, and simulates one otherwise; your
# own launches, `weigh[grid, block](a, w, out)`, then run there. The checks never use a GPU: they
# run your kernel thread by thread, **in an order that is drawn anew for each launch**, and count
# the sectors that its warps ask for. Nothing is timed. Stuck? `hint("weigh")` gives one hint at a
# time, three in all.

# %%
import numpy as np
from numba import float32

from hpclab import check, gpu, hint, sectors

cuda = gpu()

# %% [markdown]
# ## `weigh`: which index belongs to which thread? (core)
#
# Each row of `a` gets its own weight: `out[i, j] = w[i] * a[i, j]`. (Scaling the samples of a
# batch, or the latitudes of a map.) The arrays are `float32`, and row by row in memory.
#
# 1. One thread for one element. `cuda.grid(2)` gives a thread its two numbers `x` and `y`.
# 2. The grid covers *more* than the array, in both directions: threads that have no element must do
#    nothing.
# 3. Your kernel is launched with blocks of (32, 4), (16, 16) and (8, 8) threads. In each of them a
#    warp may ask for **at most 4 sectors** of 32 bytes in a load or store of `a` and `out`, if the
#    length of a row is a multiple of 32. Each number is loaded once, and stored once.
#
# To see what your first warp asks for, run this in a cell of your own:
#
# ```python
# a, w = np.ones((64, 64), np.float32), np.ones(64, np.float32)
# sectors(weigh, (4, 16), (32, 4), a, w, np.zeros_like(a))
# ```


# %% task="weigh"
@cuda.jit
def weigh(a, w, out):
    """out[i, j] = w[i] * a[i, j], by one thread an element.

    a, out: float32, shape (rows, columns); w: float32, shape (rows,).
    """
    ### BEGIN SOLUTION
    x, y = cuda.grid(2)
    # x goes fastest within a warp, and the last index goes fastest in memory: they belong together.
    if y < a.shape[0] and x < a.shape[1]:
        out[y, x] = w[y] * a[y, x]
    ### END SOLUTION


# %% check="weigh"

# %% [markdown]
# ## `touched`: sectors on paper (stretch)
#
# Predict what the checks count. The `warp` threads of a warp load at the same time: thread number
# t, counted from 0, loads `itemsize` bytes that begin at byte
#
#     (first + t * stride) * itemsize
#
# of an array whose byte 0 begins a sector. `first` and `stride` are whole numbers of elements, 0
# or more. Return how many sectors of `sector` bytes these loads touch. Both `itemsize` and `sector`
# are powers of two, and no element is larger than a sector.
#
# On NVIDIA's GPUs `warp` and `sector` are 32 and 32 bytes; for LUMI's MI250X take wavefronts of 64
# and lines of 64 bytes. Plain Python, no kernel.


# %% task="touched"
def touched(first, stride, itemsize, warp, sector):
    """The number of sectors that one request of a warp touches; int."""
    ### BEGIN SOLUTION
    return len({(first + t * stride) * itemsize // sector for t in range(warp)})
    ### END SOLUTION


# %% check="touched"

# %% [markdown]
# ## `upwind`: a barrier that sometimes is not missed (stretch)
#
# One step of a transport equation: `out[i] = u[i] - c * (u[i] - u[i - 1])`, and left of the first
# element lies the last one, since the world is round. (In a network: a causal convolution of width
# two.) So each number is needed by two threads. This kernel loads it once, into a tile in shared
# memory:
#
# ```python
# @cuda.jit
# def upwind(u, c, out):
#     tile = cuda.shared.array(257, float32)
#     i, t = cuda.grid(1), cuda.threadIdx.x
#     if i >= u.size:
#         return
#     tile[t + 1] = u[i]
#     if t == 0:
#         tile[0] = u[i - 1]
#     out[i] = tile[t + 1] - c * (tile[t + 1] - tile[t])
# ```
#
# Where threads run in ascending order it is right. No GPU promises an order.
#
# 1. Paste it and run the check. Read which two lines meet at which place of `tile`.
# 2. Mend it with **one** barrier. Then run the check again: something else turns red. Every thread
#    of a block has to come to the barrier.
# 3. Keep the tile: the threads of a block may load each number once, and one more for the block.
#    Blocks have up to 256 threads.


# %% task="upwind"
@cuda.jit
def upwind(u, c, out):
    """out[i] = u[i] - c * (u[i] - u[i - 1]), periodic, by one thread an element.

    u, out: float32, of the same length; c: a number from 0 to 1.
    """
    ### BEGIN SOLUTION
    tile = cuda.shared.array(257, float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    if i < u.size:
        tile[t + 1] = u[i]
        if t == 0:
            tile[0] = u[i - 1]
    cuda.syncthreads()  # outside of the guard: threads without an element come here too
    if i < u.size:
        out[i] = tile[t + 1] - c * (tile[t + 1] - tile[t])
    ### END SOLUTION


# %% check="upwind"

# %% [markdown]
# ## `transpose`: both sides in order (stretch)
#
# `out[j, i] = a[i, j]`. If a warp walks along a row of `a`, it walks down a column of `out`: one
# of the two is always scattered. Unless the block turns a tile round in shared memory.
#
# Your kernel is launched with blocks of 16 × 16 threads; the grid covers the columns of `a` by x
# and its rows by y. A warp may ask for at most **4 sectors** in a load of `a` *and* in a store of
# `out`, where rows and columns are multiples of 16. Odd sizes must be right too, in any order of
# threads.


# %% task="transpose"
@cuda.jit
def transpose(a, out):
    """out[j, i] = a[i, j], in blocks of 16 x 16 threads.

    a: float32, shape (rows, columns); out: float32, shape (columns, rows).
    """
    ### BEGIN SOLUTION
    tile = cuda.shared.array((16, 17), float32)  # 17, so that a column lies in many banks
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    x, y = cuda.grid(2)
    if y < a.shape[0] and x < a.shape[1]:
        tile[ty, tx] = a[y, x]
    cuda.syncthreads()
    # The tile's place in `out`: the block's two numbers change places, the thread's do not.
    x = cuda.blockIdx.y * 16 + tx
    y = cuda.blockIdx.x * 16 + ty
    if y < out.shape[0] and x < out.shape[1]:
        out[y, x] = tile[tx, ty]
    ### END SOLUTION


# %% check="transpose"
