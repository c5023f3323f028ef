# %% [markdown]
# # Exercise: races
#
# Five tasks. `histogram` is the core; the others are stretch tasks, in any order.
#
# Write your answer in place of `raise NotImplementedError()`, run the cell, then run the check
# below it. Nothing is timed, and one core is enough: accesses are compared, orders enumerated,
# bits and cache lines looked at. Stuck? `hint("histogram")` gives one hint at a time, three in all.

# %%
import numpy as np
from numba import njit, prange

from hpclab import check, hint

# %% [markdown]
# ## `histogram`: right by luck (core)
#
# Count how often each number from 0 to `k - 1` occurs in `bins`. Here is a loop that does it, and
# that has a race:
#
# ```python
# @njit(parallel=True)
# def histogram(bins, k, blocks):
#     counts = np.zeros(k, np.int64)
#     for i in prange(bins.size):
#         counts[bins[i]] += 1
#     return counts
# ```
#
# 1. Paste it and run the check. The first line turns green: where no number comes twice, the race
#    does no harm. The second line names a place that two iterations write.
# 2. Mend it. Cut `bins` into `blocks` blocks of neighbours, as even as you can, and give one block
#    to each iteration of `prange(blocks)`. Each block counts in a place of its own. Afterwards,
#    add up.
#
# Your compiled code may load at most 32 bytes for each number: each number is looked at once.


# %% task="histogram"
def histogram(bins, k, blocks):
    """How often each of 0 ... k - 1 occurs in bins, counted by `blocks` parallel iterations.

    bins: 1-D int64 array of numbers from 0 to k - 1, of any length; k, blocks: int, at least 1.
    Returns a new int64 array of length k.
    """
    ### BEGIN SOLUTION
    mine = np.zeros((blocks, k), np.int64)  # one row for each block
    for b in prange(blocks):
        for i in range(b * bins.size // blocks, (b + 1) * bins.size // blocks):
            mine[b, bins[i]] += 1
    counts = np.zeros(k, np.int64)
    for b in range(blocks):
        for j in range(k):
            counts[j] += mine[b, j]
    return counts


histogram = njit(parallel=True)(histogram)
### END SOLUTION


# %% check="histogram"

# %% [markdown]
# ## `worst`: find the worst order (stretch)
#
# Threads 0 and 1 each add 1 to the same counter, `adds` times. The counter starts at 0. Each
# addition is three steps: *load* the counter into the thread's own register, *add* 1 there, *store*
# it back. So each thread has 3 × `adds` steps, always in this order.
#
# A schedule says whose step comes next: `[0, 0, 0, 1, 1, 1]` is thread 0's addition, then thread
# 1's, and ends with 2. Return a schedule that ends with **as little as possible**. For `adds = 1`
# that is 1. For two additions or more, each, it is 2: however many there are.


# %% task="worst"
def worst(adds):
    """A schedule, a list of 0s and 1s with 3 * adds of each, that ends with the least count."""
    ### BEGIN SOLUTION
    if adds == 1:
        return [0, 1, 0, 0, 1, 1]
    others = adds - 1
    return (
        [0]  # thread 0 loads 0 ...
        + [1, 1, 1] * others  # ... sleeps through all additions of thread 1 but the last ...
        + [0, 0]  # ... and stores 1.
        + [1]  # Thread 1 loads this 1 for its last addition ...
        + [0, 0, 0] * others  # ... sleeps through the rest of thread 0 ...
        + [1, 1]  # ... and stores 2.
    )
    ### END SOLUTION


# %% check="worst"

# %% [markdown]
# ## `take_jobs`: no bad order exists (stretch)
#
# Threads share jobs 0, 1, ... `state["jobs"] - 1`. The number of the next job is `state["next"]`, 0
# at first. Each thread takes the next job, does it, takes another, and ends when none is left: that
# is how *dynamic* scheduling works. Every job has to be done exactly once, in **every order** in
# which the threads' steps can happen. The check tries them all.
#
# Write one thread as a generator. `yield` says: here another thread may go on. What stands between
# two `yield`s happens at once, so the rule is that of a processor: between two `yield`s you may
# read *or* write `state["next"]`, once. The check sees to it.
#
# ```python
# yield state["lock"].acquire()  # waits while another thread has the lock
# state["lock"].release()        # gives it back
# yield from do_job(state, job)  # a job, in two steps
# ```
#
# And the threads must be worth having: two jobs can be under way at the same time.


# %%
def do_job(state, job):
    """Do a job in two steps; another thread may run between them."""
    state["busy"] += 1
    state["most"] = max(state["most"], state["busy"])  # jobs under way at the same time
    yield
    state["done"] += str(job)
    state["busy"] -= 1


# %% task="take_jobs"
def take_jobs(state, me):
    """The steps of thread number `me`: take jobs until none is left. A generator.

    state: a dictionary, shared by all threads: "next" and "jobs", two ints, and "lock", a lock.
    """
    ### BEGIN SOLUTION
    while True:
        yield state["lock"].acquire()
        job = state["next"]
        yield
        state["next"] = job + 1
        state["lock"].release()
        if job >= state["jobs"]:
            return
        yield from do_job(state, job)
    ### END SOLUTION


# %% check="take_jobs"

# %% [markdown]
# ## `total`: the same bits for any number of threads (stretch)
#
# Floating-point addition depends on its order, so a sum that gives each thread one part of `x`
# changes with the number of threads. Write one that does not. The rule:
#
# 1. cut `x` into blocks of `block` numbers (the last one may be shorter);
# 2. add up each block from its first number to its last, starting from 0.0;
# 3. add up the blocks' sums from the first to the last, starting from 0.0.
#
# Blocks depend on `block` alone, so it does not matter who adds up which. Share the *blocks* out to
# `threads` iterations of a `prange` loop, with no race between them. The check compares **bit by
# bit**.


# %% task="total"
def total(x, block, threads):
    """The sum of x by the rule above, with the blocks shared out to `threads` iterations.

    x: 1-D float64 array of any length; block, threads: int, at least 1. Returns a float.
    """
    ### BEGIN SOLUTION
    blocks = (x.size + block - 1) // block
    sums = np.zeros(blocks)
    for t in prange(threads):
        for b in range(t * blocks // threads, (t + 1) * blocks // threads):
            s = 0.0
            for i in range(b * block, min((b + 1) * block, x.size)):
                s += x[i]
            sums[b] = s
    result = 0.0
    for b in range(blocks):
        result += sums[b]
    return result


total = njit(parallel=True)(total)
### END SOLUTION


# %% check="total"

# %% [markdown]
# ## `shares`: no cache line has two owners (stretch)
#
# `threads` threads write an array of `n` elements of `itemsize` bytes, each thread one range of
# neighbours. A core writes to a cache line of `line` bytes only while it owns that line. If two
# threads write to one line, it travels between their cores, though they never touch the same
# element: *false sharing*. Choose the ranges so that
#
# 1. they **cover** 0 ... `n - 1` in order, thread 0 first; a range may be empty;
# 2. **no line** is written by two threads. The array starts at a line's beginning;
# 3. they are **even**: take the fewest elements that fill whole lines and call them a *unit* (8 for
#    8 bytes and lines of 64). No thread has more than ⌈units / threads⌉ units.
#
# `line` is 64 on most machines, 128 on Apple's M, 256 on the A64FX. An element may lie across the
# border of two lines: think of a colour or a force of three `float32`, 12 bytes.


# %% task="shares"
def shares(n, threads, itemsize, line):
    """The range of each thread, as a list of (start, stop), in elements.

    n: int, 0 or more; threads, itemsize: int, at least 1; line: int, a power of two.
    """
    ### BEGIN SOLUTION
    unit = line // np.gcd(line, itemsize)  # elements that fill whole lines
    units = -(-n // unit)
    borders = [min(n, int(t * units // threads * unit)) for t in range(threads + 1)]
    return [(borders[t], borders[t + 1]) for t in range(threads)]
    ### END SOLUTION


# %% check="shares"
