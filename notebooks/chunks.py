# %% [markdown]
# # Too many tasks, too few bytes: the demo
#
# One calculation, the same numbers, cut into more and more chunks. Every measurement below is of
# *your* machine. Before each one you are asked for a guess: change the number in the cell, then
# run it.

# %%
import time
import tracemalloc

import dask
import dask.array as da
import numpy as np

from hpclab import graph, predict, timeline
from hpclab.dask.simulate import simulate
from hpclab.plot import figure, show

n = 2**23  # 8.4 million numbers, float64: 64 MiB
MiB = 2**20


def problem(chunk):
    """The mean of sin² over 0, 1, ... n - 1, in chunks of `chunk` numbers; computes nothing."""
    x = da.arange(n, chunks=chunk, dtype="float64")
    return (da.sin(x) ** 2).mean()


def tasks(lazy):
    """How many tasks the scheduler will get, after Dask's own optimisation."""
    (optimised,) = dask.optimize(lazy)
    return len(dict(optimised.__dask_graph__()))


# %% [markdown]
# ## Count before you time
#
# A *task* is one call of a Python function on one chunk or a few. Dask fuses what it can: `arange`,
# `sin`, the square and the first half of the mean are one task a chunk, and one more hands its
# result on under another name. Then the partial means are merged, a few at a time.
#
# **Guess:** how many tasks are there for 2,048 chunks?

# %%
count = predict("How many tasks for 2,048 chunks?", 2_048, unit="tasks")

# %%
print("chunks    bytes a chunk     tasks")
for chunks in (1, 4, 64, 1_024, 2_048):
    print(f"{chunks:6,} {n * 8 // chunks / MiB:11.3f} MiB {tasks(problem(n // chunks)):8,}")
count.reveal(tasks(problem(n // 2_048)))

# %% [markdown]
# More than two tasks a chunk, for a calculation that looks like one line. This number is exact, the
# same everywhere, and known before anything runs. Make a habit of it.
#
# ## The race
#
# **Guess:** the same numbers in 2,048 chunks of 32 KiB instead of 16 chunks of 4 MiB, on the
# scheduler that Dask uses by itself (threads in this process). How many times longer does it take?

# %%
slower = predict("How many times as long as 16 chunks do 2,048 take?", 2, unit="x")


# %%
def seconds(call, repeats=2):
    """The fastest of a few calls."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def plain_numpy():
    return (np.sin(np.arange(n, dtype="float64")) ** 2).mean()


want = plain_numpy()  # also warms the memory up; not timed
numpy_s = seconds(plain_numpy)
counts = [1, 4, 16, 64, 256, 1_024, 2_048]
graphs = {chunks: problem(n // chunks) for chunks in counts}
sizes = np.array([n * 8 / chunks for chunks in counts])
numbers = np.array([tasks(graphs[chunks]) for chunks in counts])
measured, answers = [], []
for chunks in counts:
    repeats = 5 if chunks < 1_000 else 1
    measured.append(seconds(lambda c=chunks: answers.append(graphs[c].compute()), repeats))
measured = np.array(measured)
np.testing.assert_allclose(answers, want)  # equal work gives equal answers

print(f"NumPy, one thread {numpy_s:37.3f} s")
for chunks, k, s in zip(counts, numbers, measured, strict=True):
    print(f"{chunks:6,} chunks {k:8,} tasks {s:26.3f} s")
slower.reveal(measured[-1] / measured[2])

# %% [markdown]
# The last points climb with the number of tasks. Their slope is the *overhead of a task*, t₀, on
# this machine.

# %%
t0 = (measured[-1] - measured[-3]) / (numbers[-1] - numbers[-3])
work = measured.min()
print(f"overhead of a task: {t0 * 1e6:.0f} µs; fastest: {work:.3f} s")

fig, ax = figure("The same numbers, cut smaller and smaller", "bytes a chunk", "seconds")
ax.loglog(sizes, measured, label="measured here")
ax.loglog(sizes, numbers * t0, marker="", label=f"tasks × {t0 * 1e6:.0f} µs")
ax.axhline(numpy_s, linestyle=":", color=ax.xaxis.label.get_color(), label="NumPy, one thread")
ax.set_xlim(sizes[-1] / 2, sizes[0] * 2)
ax.set_ylim(measured.min() / 8, measured.max() * 3)
slower_line = slower.guess * measured[2]
ax.plot(sizes[-1], slower_line, "x", color=ax.xaxis.label.get_color(), label="your guess")
words = "; ".join(
    f"{size / MiB:.3g} MiB: {s:.2f} s with {k:,} tasks"
    for size, s, k in zip(sizes, measured, numbers, strict=True)
)
words += f". Overhead a task: {t0 * 1e6:.0f} µs. NumPy: {numpy_s:.2f} s. "
words += f"Your guess for the smallest chunks: {slower_line:.2f} s."
show(fig, text=f"Seconds over bytes a chunk. {words}")

# %% [markdown]
# Read it from right to left. **One chunk:** one task, one thread, the other cores idle. **The
# floor:** enough chunks for every thread, each long enough to be worth its task. **The slope:**
# time is the number of tasks times t₀, whatever the tasks do.
#
# ## Memory: why not simply large chunks?
#
# Computed one task at a time, how many chunks' worth of memory does this calculation hold at its
# peak? A worker with p threads holds p times that. **Guess.**

# %%
held = predict("How many chunks' worth of memory does one task hold?", 1, unit="chunks")


# %%
def peak(lazy):
    """Bytes that Python and NumPy hold at the peak of computing `lazy`, one task at a time."""
    tracemalloc.start()
    lazy.compute(scheduler="synchronous")
    top = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return top


memory_counts = counts[:-1]
peaks = np.array([peak(graphs[chunks]) for chunks in memory_counts])
memory_sizes = np.array([n * 8 / chunks for chunks in memory_counts])
memory_tasks = np.array([tasks(graphs[chunks]) for chunks in memory_counts])
for size, k, top in zip(memory_sizes, memory_tasks, peaks, strict=True):
    print(f"{size / MiB:8.3f} MiB a chunk, {k:6,} tasks: peak {top / MiB:7.2f} MiB")
held.reveal(peaks[1] / memory_sizes[1])

# %%
a_task = (peaks[-1] - peaks[-2]) / (memory_tasks[-1] - memory_tasks[-2])
fig, ax = figure("Chunks cost memory, and so do tasks", "bytes a chunk", "bytes at the peak")
ax.loglog(memory_sizes, peaks, label="measured here")
ax.loglog(memory_sizes, 3 * memory_sizes, marker="", label="3 × chunk")
ax.loglog(memory_sizes, memory_tasks * a_task, marker="", label=f"tasks × {a_task / 1e3:.1f} kB")
guessed = f"your guess: {held.guess:g} × chunk"
ax.loglog(memory_sizes, held.guess * memory_sizes, marker="", lw=1, label=guessed)
ax.set_ylim(peaks.min() / 8, peaks.max() * 3)
words = "; ".join(
    f"{size / MiB:.3g} MiB: {top / MiB:.3g} MiB"
    for size, top in zip(memory_sizes, peaks, strict=True)
)
show(fig, text=f"Peak memory over bytes a chunk. {words}. A task takes {a_task / 1e3:.1f} kB.")

# %% [markdown]
# Three chunks: what comes in, what `sin` makes of it, and its square. At the left end the memory
# grows again, because the graph itself lives in memory. Too small costs twice.
#
# ## A scheduler for a cluster
#
# `dask.distributed` can send tasks to another node, keep account of who holds what, and survive the
# loss of a worker. That is not free. Here it runs with its worker in this process; no other
# machine, no network.
#
# **Guess:** how many times the overhead of the threaded scheduler is its overhead a task?

# %%
dearer = predict("How many times dearer is a task on dask.distributed?", 2, unit="x")

# %%
from distributed import Client, LocalCluster

options = {"n_workers": 1, "threads_per_worker": 2, "processes": False, "dashboard_address": None}
few, many = problem(n // 64), problem(n // 256)
with LocalCluster(**options) as cluster, Client(cluster) as client:
    client.compute(problem(n // 4)).result()  # warm-up, not timed
    cluster_s = [seconds(lambda y=y: client.compute(y).result(), 1) for y in (few, many)]
cluster_t0 = (cluster_s[1] - cluster_s[0]) / (tasks(many) - tasks(few))
print(f"{tasks(few):,} tasks: {cluster_s[0]:.2f} s, {tasks(many):,} tasks: {cluster_s[1]:.2f} s")
print(f"overhead of a task: {cluster_t0 * 1e6:.0f} µs, threads: {t0 * 1e6:.0f} µs")
dearer.reveal(cluster_t0 / t0)

# %% [markdown]
# ## What breaks it: a chunk that is needed twice
#
# Centre a data set: subtract the mean over all samples. (In a climate model: anomalies.) The
# samples lie in 64 chunks of 1 MiB. **Guess:** how many of them are in memory at the peak?

# %%
alive = predict("How many of the 64 chunks are held at the peak?", 3, unit="chunks")

# %%
read = da.random.default_rng(1).random((64 * 128, 1_024), chunks=(128, 1_024))  # stands for files
spread = ((read - 0.5) ** 2).mean()
centred = ((read - read.mean(axis=0)) ** 2).mean()
turned = da.random.default_rng(1).random((64 * 128, 1_024), chunks=(64 * 128, 16))
centred_turned = ((turned - turned.mean(axis=0)) ** 2).mean()
held_bytes = {
    "subtract 0.5": peak(spread),
    "subtract the mean": peak(centred),
    "subtract the mean, a chunk has all samples": peak(centred_turned),
}
for name, top in held_bytes.items():
    print(f"{name:43s} {top / MiB:5.1f} MiB")
alive.reveal(held_bytes["subtract the mean"] / MiB)

# %% [markdown]
# All of it. Here is the graph for four chunks. Two arrows leave each `random`, which stands for
# reading: one goes to the mean, the other past it, to the subtraction.

# %%
four = da.random.default_rng(1).random((4 * 128, 1_024), chunks=(128, 1_024))
graph(((four - four.mean(axis=0)) ** 2).mean())

# %% [markdown]
# Each chunk is used for the mean, and again when the mean is known, so none can be let go in
# between. No chunk *size* helps; the graph has this shape. Two ways out: compute the mean first and
# read the data twice, or store the data so that one chunk holds *all samples of a few features*:
# then each chunk is a problem of its own.
#
# It costs more than memory. Below, 16 chunks on a *simulated* cluster of four workers: 1 GB/s and
# 0.2 ms a message between them, 0.2 ms of overhead a task. These times are worked out, not
# measured, and the same on every machine.

# %%
network = {"workers": 4, "bandwidth": 1e9, "latency": 2e-4, "overhead": 2e-4}


def centre(chunks):
    """The mean square of 16 MiB of random numbers, each feature's mean taken off."""
    x = da.random.default_rng(1).random((16 * 128, 1_024), chunks=chunks)
    return ((x - x.mean(axis=0)) ** 2).mean()


by_samples = simulate(centre((128, 1_024)), **network)
by_features = simulate(centre((16 * 128, 64)), **network)
for name, ran in (("128 samples", by_samples), ("64 features", by_features)):
    print(f"chunks of {name}: {1e3 * ran.makespan:4.1f} ms, {ran.peak_bytes / MiB:4.1f} MiB held")
timeline(
    [(f"worker {slot.worker}", slot.key, slot.start, slot.end) for slot in by_samples.schedule],
    times="virtual",
)

# %% [markdown]
# In the middle nobody has anything to do: all wait for the mean. With all samples in a chunk there
# is no such wait.
#
# ## What breaks it: intermediates
#
# A chunk of 4,096 points with 32 features is 1 MiB. Find the nearest of 64 centres for each point.
# **Guess:** how many MiB does that take for one chunk?

# %%
middle = predict("How many MiB for a chunk of 1 MiB?", 3, unit="MiB")

# %%
points = da.random.default_rng(2).random((4 * 4_096, 32), chunks=(4_096, 32))
centres = np.random.default_rng(3).random((64, 32))


def by_differences(block):
    return ((block[:, None, :] - centres) ** 2).sum(axis=2).argmin(axis=1)


def by_products(block):
    return ((centres**2).sum(axis=1) - 2 * block @ centres.T).argmin(axis=1)


ways = [
    points.map_blocks(way, drop_axis=1, dtype=np.int64) for way in (by_differences, by_products)
]
assert (ways[0] == ways[1]).all().compute()
print(f"all differences: {peak(ways[0]) / MiB:6.1f} MiB")
print(f"one product:     {peak(ways[1]) / MiB:6.1f} MiB")
middle.reveal(peak(ways[0]) / MiB)

# %% [markdown]
# The chunk's bytes are what you see; the largest array *inside* a task is what you pay.
#
# ## What breaks it: turning chunks round
#
# A model wrote one file a day: 256 days of 64 × 96 places. You want one chunk for each 16 × 16
# places, with all days. Each of the 24 new chunks needs a piece of each of the 256 old ones.
# **Guess** the number of tasks.

# %%
pieces = predict("How many tasks to turn 256 slabs into 24 pencils?", 280, unit="tasks")

# %%
slabs = da.random.default_rng(4).random((256, 64, 96), chunks=(1, 64, 96))
with dask.config.set({"array.rechunk.threshold": 1e9}):  # in one step, whatever it takes
    direct = slabs.rechunk((256, 16, 16))
planned = slabs.rechunk((256, 16, 16))  # Dask's own plan
for name, lazy in (("in one step", direct), ("Dask's plan", planned)):
    top = peak(lazy.map_blocks(lambda b: b.max(axis=0), drop_axis=0, dtype=float))
    print(f"{name}: {tasks(lazy):6,} tasks, peak {top / MiB:5.1f} of {slabs.nbytes / MiB:.0f} MiB")
pieces.reveal(tasks(direct))

# %% [markdown]
# 256 × 24 pieces in one step. Dask's plan has few tasks, because it first makes *one chunk of
# everything* and cuts that (it may, up to `array.chunk-size`, 128 MiB). Either way all the data is
# in memory at once. Turning chunks round is a transposition: do it once, to disk, and keep the
# result.
#
# ## What breaks it: your chunks against the file's
#
# A file is chunked too. Whoever wants one number of a stored chunk reads and decompresses all of
# it. This store counts. **Guess:** with 100 × 100 stored and 90 × 90 in Dask, how many times is
# the file read?

# %%
reads = predict("How many times is the file read?", 1.1, unit="x")


# %%
class Store:
    """Looks like a Zarr array in chunks of 100 × 100, and counts the chunks it has to decode."""

    shape, dtype, ndim = (1_000, 1_000), np.dtype("float64"), 2
    decoded = 0

    def __getitem__(self, place):
        across = [(s.stop - 1) // 100 - s.start // 100 + 1 for s in place]
        Store.decoded += across[0] * across[1]
        return np.zeros([s.stop - s.start for s in place])


for chunks in ((100, 100), (200, 500), (90, 90), (10, 1_000)):
    lazy = da.from_array(Store(), chunks=chunks, meta=np.zeros((0, 0)))
    Store.decoded = 0
    lazy.sum().compute(scheduler="synchronous")
    times = Store.decoded / 100
    print(f"Dask chunks of {chunks}: {Store.decoded:5,} stored chunks read, {times:.1f} x the file")
    if chunks == (90, 90):
        often = times
reads.reveal(often)

# %% [markdown]
# A Dask chunk should be made of *whole* stored chunks, many of them.
#
# ## What breaks it: asking late
#
# Dask leaves out the chunks you do not need. It cannot look inside one. **Guess:** what share of
# the numbers is worked on for one column out of a thousand?

# %%
share = predict("Share of the work done for one column of 1,000", 0.1, unit="%")


# %%
seen, worked = [], {}


def expensive(block):
    seen.append(block.size)
    return np.sqrt(block)


x = da.ones((1_000, 1_000), chunks=(100, 1_000))
options = {"dtype": float, "meta": np.zeros((0, 0))}
for name, lazy in (
    ("work, then slice", x.map_blocks(expensive, **options)[:, :1]),
    ("slice, then work", x[:, :1].map_blocks(expensive, **options)),
):
    seen.clear()
    lazy.compute(scheduler="synchronous")
    worked[name] = sum(seen)
    print(f"{name}: {worked[name]:9,} of {x.size:,} numbers")
share.reveal(100 * worked["work, then slice"] / x.size)

# %% [markdown]
# Slice first, or cut the chunks along the axis that you will slice.
