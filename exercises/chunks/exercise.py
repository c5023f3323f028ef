# %% [markdown]
# # Exercise: chunks
#
# Four tasks, one idea: a task must be worth its overhead, and what it holds must fit in memory.
# `extremes` is the core; the other three are stretch tasks and need nothing from each other.
#
# Write your function in the cell that raises `NotImplementedError`, run it, run the check below
# it. Nothing here depends on how fast your computer is: tasks, chunks and bytes are counted, and
# nothing is timed. You need no `dask.distributed` client. Stuck? `hint("extremes")` gives one hint
# at a time, three in all.
#
# Some checks run your graph on **the simulated cluster**: eight workers of one thread, 0.5 GB/s and
# 0.2 ms a message between them, and 0.2 ms of overhead for each task. A task starts as soon as a
# worker is free; time and bytes are worked out, the same on every machine. To try it yourself:
#
# ```python
# from hpclab.dask.simulate import simulate
#
# x = da.random.default_rng(1).random((480, 64, 128), chunks=(48, 8, 16))
# lazy = extremes(x, 4_000_000)
# print(simulate(lazy, workers=8, bandwidth=5e8, latency=2e-4, overhead=2e-4))
# ```

# %%
import dask.array as da
import numpy as np

from hpclab import check, hint

# %% [markdown]
# ## `extremes` (core): right answer, wrong chunks
#
# `x` has time on its first axis and places on the others: (time, latitude, longitude). Or, if you
# train models: samples first, features after. For each place, what share of the time is extreme,
# that is above the place's own mean by more than two standard deviations? In NumPy:
#
# ```python
# (x > x.mean(axis=0) + 2 * x.std(axis=0)).mean(axis=0)
# ```
#
# The same line works on a Dask array, and gives the right answer. But this `x` was cut by someone
# else, into thousands of little boxes. Write `extremes(x, limit)` so that
#
# 1. it **agrees** with the line above, and is lazy: it returns a Dask array, and nothing is
#    computed while the graph is built;
# 2. the graph has at most **1.25 tasks for each chunk of `x`** (`x.npartitions`; checked on arrays
#    of more than 1,000 chunks). So each little box is read once and merged at once;
# 3. computing it one task at a time needs at most **5 × `limit`** bytes, and uses the room it has:
#    an array of `n` × `limit` bytes becomes at least `n` / 1.25 pieces and at most 4 `n`;
# 4. on the simulated cluster, with the `x` and the limit written there, 31 MB in 640 boxes end
#    within **0.08 s**, and at most **1.5 times** the bytes of `x` are sent.
#
# The whole time series of one place is never larger than `limit`.


# %% task="extremes"
def extremes(x, limit):
    """Share of time above mean + 2 std along axis 0, lazily.

    x: Dask array, float, 2 or more axes, in chunks that are too small.
    limit: int, bytes; about the largest piece of x that one task should hold.
    Returns a Dask array of shape x.shape[1:], float64.
    """
    ### BEGIN SOLUTION
    # Each place needs all of its own time and nothing else: once time is in one piece, every
    # chunk is a small problem of its own. The bytes are spent on the other axes.
    places = {axis: "auto" for axis in range(1, x.ndim)}
    x = x.rechunk({0: -1, **places}, block_size_limit=limit)
    return (x > x.mean(axis=0) + 2 * x.std(axis=0)).mean(axis=0)
    ### END SOLUTION


# %% check="extremes"

# %% [markdown]
# ## `choose_chunks` (stretch): before you open the file
#
# No Dask here, only the law of the page. `machine` is a dictionary:
#
# | key | meaning | unit |
# |---|---|---|
# | `workers` | workers in the cluster | |
# | `threads` | threads of each worker; each runs one task at a time | |
# | `memory` | memory of each worker | byte |
# | `overhead` | what the scheduler spends on one task | second |
# | `bandwidth` | what one thread reads and reduces | byte/second |
#
# With p = `workers` × `threads`, return the chunk shape, three integers, that keeps four rules:
#
# 1. the first axis stays **whole**;
# 2. a worker has room for **four chunks for each of its threads**;
# 3. a chunk keeps a thread busy for at least **max(10, p) × `overhead`** seconds: then the
#    scheduler can feed all p threads, and costs at most a tenth of their time;
# 4. there are at least **two chunks for each thread**.
#
# If no shape keeps all four, return `None`: this array is too small for this machine. The checks
# leave room: between what rule 3 asks and what rules 2 and 4 allow there is a factor of eight or
# more, or nothing at all.


# %% task="choose_chunks"
def choose_chunks(shape, itemsize, machine):
    """Chunk shape (time, rows, columns) for a machine, or None if there is none.

    shape: three ints; itemsize: bytes an element; machine: dict, see above.
    """
    ### BEGIN SOLUTION
    steps, rows, columns = shape
    threads = machine["workers"] * machine["threads"]
    most = machine["memory"] / (4 * machine["threads"])
    least = max(10, threads) * machine["overhead"] * machine["bandwidth"]

    # Start with everything in one chunk and halve the longer side until it is small enough and
    # there are enough of them. What is left is at least half of what was allowed.
    high, wide = rows, columns
    while high * wide > 1:
        chunks = -(-rows // high) * -(-columns // wide)
        if steps * high * wide * itemsize <= most and chunks >= 2 * threads:
            break
        if high >= wide:
            high = -(-high // 2)
        else:
            wide = -(-wide // 2)

    size = steps * high * wide * itemsize
    chunks = -(-rows // high) * -(-columns // wide)
    fits = least <= size <= most and chunks >= 2 * threads
    return (steps, high, wide) if fits else None
    ### END SOLUTION


# %% check="choose_chunks"

# %% [markdown]
# ## `daily_max` (stretch): chunks that cut a day in two
#
# `x` has one value an hour (or `per_day` values a day) on its first axis, and its chunks end in
# the middle of days: 250 hours, say. Return, lazily, the maximum of each full day, of shape
# `(len(x) // per_day, ...)`; hours after the last full day are left out. At most **8 tasks for
# each chunk of `x`** (checked with chunks of ten days or so); no more memory than the result and
# **6 chunks of `x`** when computed one task at a time; and on the simulated cluster at most **a
# third of the bytes of `x`** are sent (checked with chunks of 500 × 16 × 32 hours and places).


# %% task="daily_max"
def daily_max(x, per_day):
    """Maximum of each full day along axis 0, lazily.

    x: Dask array, float, time first; per_day: int, steps a day.
    Returns a Dask array of shape (x.shape[0] // per_day, *x.shape[1:]), dtype as x.
    """
    ### BEGIN SOLUTION
    # coarsen moves the chunk borders to midnights near by, then reduces chunk by chunk.
    return da.coarsen(np.max, x, {0: per_day}, trim_excess=True)
    ### END SOLUTION


# %% check="daily_max"

# %% [markdown]
# ## `nearest` (stretch): the chunk fits, what you do with it does not
#
# The inner step of k-means, and of every vector search: for each of n points of d features, the
# index of the nearest of k centres (squared Euclidean distance; the lowest index if several are
# equally near). `points` is a Dask array of shape (n, d) whose chunks hold whole rows and are a
# modest megabyte or so; `centres` is a NumPy array of shape (k, d). NumPy says
#
# ```python
# ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)
# ```
#
# and makes n × k × d differences on the way. Write it lazily, so that computing it one task at a
# time takes at most **4 × `limit`** bytes besides the result, and the graph has at most **6 tasks
# for each `limit` bytes of differences** (n × k × d × 8 bytes in all) plus 50. The next step needs
# the same points again: no task changes what it is given (checked by running the tasks in random
# orders, with a look at all inputs before and after each).


# %% task="nearest"
def nearest(points, centres, limit):
    """Index of the nearest centre for each point, lazily.

    points: Dask array (n, d), float64, chunked along the first axis only.
    centres: NumPy array (k, d), float64.  limit: int, bytes.
    Returns a Dask array of shape (n,), int64.
    """
    ### BEGIN SOLUTION
    # |a - b|^2 = |a|^2 - 2 a.b + |b|^2, and |a|^2 is the same for every centre: what is left is
    # rows x k numbers instead of rows x k x d, most of it one matrix product.
    lengths = (centres**2).sum(axis=1)

    def of_block(block):
        distances = block @ centres.T
        distances *= -2.0
        distances += lengths
        return distances.argmin(axis=1)

    rows = max(1, limit // (8 * (len(centres) + points.shape[1])))
    rows = min(rows, max(points.chunks[0]))
    points = points.rechunk({0: rows})
    return points.map_blocks(of_block, drop_axis=1, dtype=np.int64)
    ### END SOLUTION


# %% check="nearest"
