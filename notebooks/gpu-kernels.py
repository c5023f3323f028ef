# %% [markdown]
# # Neighbours that ask together: the demo
#
# Kernels for a GPU, drawn as the memory that they ask for. You need no GPU: the next cell takes one
# if Numba can use it, and simulates one otherwise. Before each measurement you are asked for a
# guess: change the number in the cell, then run it.

# %%
import time

import numpy as np
from numba import float32, njit

from hpclab import gpu, predict, sectors
from hpclab.count.cuda import sectors as count
from hpclab.count.launch import launch
from hpclab.plot import figure, show

cuda = gpu()

# %% [markdown]
# ## A grid of blocks of threads
#
# A *kernel* is the work of one thread. You launch it as `kernel[grid, block](...)`: so many blocks
# of so many threads, and each thread asks for its own number. Here are 10 blocks of 32 for 300
# numbers.
#
# **Guess:** how many of the threads must do nothing?

# %%
idle = predict("How many of 10 x 32 threads have no number?", 0, unit="threads")


# %%
@cuda.jit
def whoami(thread_of, block_of):
    i = cuda.grid(1)  # block number x block size + thread number
    if i < thread_of.size:  # the guard
        thread_of[i] = cuda.threadIdx.x
        block_of[i] = cuda.blockIdx.x


thread_of, block_of = np.zeros(300, np.int64), np.zeros(300, np.int64)
whoami[10, 32](thread_of, block_of)
print("number 70 was done by thread", thread_of[70], "of block", block_of[70])
print("the last block did", (block_of == 9).sum(), "numbers")
idle.reveal(10 * 32 - thread_of.size)


# %% [markdown]
# Without the guard, those threads would read and write beyond the end. The simulator stops with
# an `IndexError`. A GPU goes on, in memory that belongs to something else. Blocks come in whole
# numbers; sizes do not: every kernel has a guard.
#
# ## The same work, drawn
#
# Rows with weights: `out[i, j] = w[i] * a[i, j]`, `float32`, one thread an element. Two kernels;
# the second one has two letters swapped.
#
# **Guess:** a *warp* of 32 threads loads 128 bytes of `a` at once. How many bytes does the first
# kernel make the memory send for that?


# %%
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


a = np.random.default_rng(1).random((64, 64), dtype=np.float32)
w = np.linspace(0, 1, 64, dtype=np.float32)
results = []
for kernel in (first, second):
    results.append(np.zeros_like(a))
    kernel[(2, 8), (32, 8)](a, w, results[-1])
assert (results[0] == results[1]).all()  # equal work gives equal answers

# %%
sent = predict("How many bytes are sent for the 128 that a warp loads?", 128, unit="byte")

# %%
picture = sectors(first, (2, 8), (32, 8), a, w, np.zeros_like(a))
load = picture.counted.loads["a"]
sent.reveal(load.moved / load.requests)
picture

# %% [markdown]
# Memory comes in *sectors* of 32 bytes, here the boxes. Each thread of the warp sits on a row of
# its own, takes 4 bytes out of a sector, and the other 28 come along for nothing. Now the second
# kernel:

# %%
picture = sectors(second, (2, 8), (32, 8), a, w, np.zeros_like(a))
again = picture.counted.loads["a"]
print(f"loads of a: first {load.moved:,} bytes, second {again.moved:,} bytes")
print(f"requests:   first {load.requests:,},         second {again.requests:,}")
picture

# %% [markdown]
# The same number of requests, each full: the accesses *coalesce*. Within a warp `x` goes fastest;
# in memory the last index does. They belong together. And all threads of a warp load the same
# `w[i]`: one sector.
#
# ## The law, and your own processor
#
# Now threads that are `stride` elements apart. The number of sectors follows from arithmetic; the
# counts must lie on it. The same holds for your processor, which moves *lines* of 64 bytes: there
# it can be timed.
#
# **Guess:** you sum up every 16th of many `float32`. How many times as long does an element take as
# in a sum of all?

# %%
slower = predict("Time an element with a stride of 16, against a stride of 1", 2, unit="x")


# %%
@cuda.jit
def every(a, out, stride):
    i = cuda.grid(1)
    out[i] = a[i * stride]


@njit
def strided_sum(x, stride, times):
    total = np.float32(0)
    for k in range(times):
        total += x[k * stride]
    return total


strides = [1, 2, 4, 8, 16, 32]
long, short = np.zeros(64 * 32, np.float32), np.zeros(64, np.float32)
warps = [count(every, 1, 32, long, short, s).loads["a"].sectors for s in strides]
amd = {"warp": 64, "sector": 64}
wavefronts = [count(every, 1, 64, long, short, s, **amd).loads["a"].sectors for s in strides]
on_paper = [min(32, -(-((31 * s + 1) * 4) // 32)) for s in strides]
assert warps == on_paper

x = np.ones(2**24, np.float32)  # 64 MiB
times = x.size // max(strides)
strided_sum(x, 1, 10)  # compiles
samples = {s: [] for s in strides}
for turn in range(9):  # in turns, each on another part of x where there is one
    for s in strides:
        part = x[turn % (max(strides) // s) * times * s :]
        start = time.perf_counter()
        strided_sum(part, s, times)
        samples[s].append(time.perf_counter() - start)
nanoseconds = np.array([np.median(samples[s]) for s in strides]) / times * 1e9
slower.reveal(nanoseconds[strides.index(16)] / nanoseconds[0])

# %%
fig, ax = figure(
    "What neighbours that are far apart cost", "stride in elements of 4 bytes", "times stride 1"
)
ax.loglog(strides, np.array(warps) / warps[0], base=2, label="GPU, 32 threads: sectors, counted")
ax.loglog(strides, np.array(wavefronts) / wavefronts[0], base=2, label="64 threads: lines of 64 B")
ax.loglog(strides, nanoseconds / nanoseconds[0], base=2, label="this processor: time, measured")
ax.plot(16, slower.guess, "x", color=ax.xaxis.label.get_color(), label="your guess")
for axis in (ax.xaxis, ax.yaxis):
    axis.set_ticks(strides, strides)
rows = zip(strides, warps, wavefronts, nanoseconds, strict=True)
words = "; ".join(f"{s}: {one}, {two}, {ns:.2g} ns" for s, one, two, ns in rows)
show(fig, text=f"Stride: sectors of a warp, lines of a wavefront, time an element here. {words}.")

# %% [markdown]
# The two counts end where each thread has a sector, or a line, to itself. Where your processor's
# curve stays below, it fetched the next lines before you asked.
#
# If you have a GPU, here is its answer: the two kernels on 8192 × 8192 numbers.

# %%
if cuda.jit.__module__.startswith("numba.cuda.simulator"):
    print("Simulated: there is nothing to time.")
else:
    big = cuda.to_device(np.ones((8192, 8192), np.float32))
    weights, result = cuda.to_device(np.ones(8192, np.float32)), cuda.device_array_like(big)
    for kernel, grid in ((first, (256, 1024)), (second, (256, 1024))):
        kernel[grid, (32, 8)](big, weights, result)  # compiles
        cuda.synchronize()
        start = time.perf_counter()
        for _ in range(10):
            kernel[grid, (32, 8)](big, weights, result)
        cuda.synchronize()
        print(f"{kernel.py_func.__name__}: {(time.perf_counter() - start) * 100:.2f} ms")


# %% [markdown]
# ## A barrier that is not missed
#
# One step of a transport equation, `u[i] - c * (u[i] - u[i - 1])`: each number is needed by two
# threads. The block loads it once, into *shared memory*, and takes both from there. One line is
# missing.


# %%
@cuda.jit
def upwind(u, c, out):
    tile = cuda.shared.array(257, float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    tile[t + 1] = u[i]
    if t == 0:
        tile[0] = u[i - 1]
    out[i] = tile[t + 1] - c * (tile[t + 1] - tile[t])


def is_right(n, run):
    """Whether the kernel, on one block of n threads, gives what NumPy gives."""
    u, out = np.arange(n, dtype=np.float32), np.full(n, np.nan, np.float32)
    run(n, u, out)
    return np.array_equal(out, u - np.float32(0.5) * (u - np.roll(u, 1)))


def as_launched(n, u, out):
    upwind[1, n](u, np.float32(0.5), out)


def in_any_order(n, u, out):
    launch(upwind, 1, n, u, np.float32(0.5), out)  # another order each time


print("launched 30 times, block of 4: right in", sum(is_right(4, as_launched) for _ in range(30)))

# %% [markdown]
# Right each time, or nearly: a simulator, and a GPU too, may keep an order that nobody promised.
# `launch` runs the same kernel with its threads in a **random order, another one each time**.
#
# **Guess:** in how many of 100 random orders is it right, with 4 threads?

# %%
luck = predict("Right in how many of 100 random orders, with 4 threads?", 50, unit="orders")

# %%
sizes = [1, 2, 3, 4, 6, 8, 16]
shares = [sum(is_right(n, in_any_order) for _ in range(100)) for n in sizes]
luck.reveal(shares[sizes.index(4)])
fig, ax = figure(
    "A missing barrier, by luck", "threads in the block", "right, of 100 random orders"
)
ax.plot(sizes, shares, label="this kernel")
luck.mark(ax)
ax.set_ylim(-5, 105)
pairs = ", ".join(f"{n} threads: {share}" for n, share in zip(sizes, shares, strict=True))
show(fig, text=f"Right in so many of 100 random orders. {pairs}. Your guess for 4: {luck.guess:g}.")

# %% [markdown]
# You cannot test such a fault away. But you can ask a question that needs no luck: which places do
# two threads touch with no barrier in between, one of them writing?

# %%
u = np.arange(64, dtype=np.float32)
for conflict in launch(upwind, 2, 32, u, np.float32(0.5), np.zeros_like(u)).conflicts:
    print(conflict)


# %% [markdown]
# The line that was missing:


# %%
@cuda.jit
def mended(u, c, out):
    tile = cuda.shared.array(257, float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    tile[t + 1] = u[i]
    if t == 0:
        tile[0] = u[i - 1]
    cuda.syncthreads()  # all stores above are seen by all loads below
    out[i] = tile[t + 1] - c * (tile[t + 1] - tile[t])


done = launch(mended, 2, 32, u, np.float32(0.5), np.zeros_like(u))
print("conflicts:", len(done.conflicts), " barriers:", done.barriers)
