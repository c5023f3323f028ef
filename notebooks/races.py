# %% [markdown]
# # Lost updates: the demo
#
# Orders that can happen are *enumerated*, and what your threads do is *counted*: nothing is timed.
# All of it works with one core. Before each look you are asked for a guess: change the number in
# the cell, then run it.

# %%
import math
import os

os.environ.setdefault("NUMBA_NUM_THREADS", "8")  # read when Numba is imported
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads sleep and do not spin

import numpy as np
from numba import get_num_threads, njit, prange, set_num_threads

from hpclab import predict
from hpclab.count.interleave import Lock, interleavings
from hpclab.count.lines import shared_lines
from hpclab.count.races import races
from hpclab.plot import figure, show

# %% [markdown]
# ## Every order of two additions
#
# `n += 1` is three steps: *load* n into a register of the thread's own, *add* 1 there, *store* it
# back. Below is one thread, written so that another one may run at each `yield`. `log` keeps who
# did what, for the picture.


# %%
def add_one(name):
    def thread(state):
        register = state["n"]
        state["log"] += (f"{name} load",)
        yield
        register += 1
        state["log"] += (f"{name} add",)
        yield
        state["n"] = register
        state["log"] += (f"{name} store",)

    return thread


# %% [markdown]
# **Guess:** threads A and B add 1 to `n`, once each. Their six steps can happen in 20 orders. In
# how many of these does `n` end with 2?

# %%
right = predict(
    "In how many of 20 orders is the result right?",
    10,  # <- your guess
    unit="orders",
)

# %%
start = {"n": 0, "log": ()}
both = [add_one("A"), add_one("B")]
found = interleavings(both, start, lambda end: (end["n"], end["log"]))
runs = sorted(found.outcomes, key=lambda run: (-run[0], run[1]))
right.reveal(sum(n == 2 for n, _ in runs))

# %% tags=["hide-input"]
fig, ax = figure("All orders of two additions", "step", "order", size=(7, 7))
ink = ax.xaxis.label.get_color()
for row, (n, log) in enumerate(runs):
    for step, did in enumerate(log):
        filled = did.startswith("A")
        box = {"facecolor": "#0079c1" if filled else "none", "alpha": 0.35, "edgecolor": ink}
        ax.bar(step + 1, 0.86, 0.94, row + 1 - 0.43, **box)
        ax.text(step + 1, row + 1, did, ha="center", va="center", fontsize=8.5, color=ink)
    verdict = "ends with 2" if n == 2 else "1: an update is lost"
    ax.text(6.6, row + 1, verdict, va="center", fontsize=9, color=ink)
ax.set(xlim=(0.4, 8.6), ylim=(20.7, 0.3), xticks=range(1, 7), yticks=[1, 5, 10, 15, 20])
ax.grid(visible=False)
good = [" ".join(did[0] for did in log) for n, log in runs if n == 2]
show(
    fig,
    text=f"All {len(runs)} orders of six steps, one a row; A's steps are filled, B's are not. "
    f"Only {len(good)} end with 2: {' and '.join(good)}. In the other {len(runs) - len(good)} one "
    "thread loads before the other has stored, and one update is lost.",
)

# %% [markdown]
# The rule is plain to see: an order is right where one thread has *stored* before the other
# *loads*. Each further thread makes it worse:

# %%
three = [add_one(name) for name in "ABC"]
print("three threads:", interleavings(three, start, lambda end: end["n"]))

# %% [markdown]
# ## How little can be left?
#
# **Guess:** two threads add 1 to the same counter, three times each. With luck it ends with 6. With
# the worst of all orders, with how much?

# %%
least = predict(
    "What is the least that two threads of three additions can leave?",
    3,  # <- your guess
)


# %%
def add_often(times):
    def thread(state):
        for turn in range(times):
            register = state["n"]
            yield
            register += 1
            yield
            state["n"] = register
            if turn < times - 1:
                yield

    return thread


found = interleavings([add_often(3)] * 2, {"n": 0}, lambda end: end["n"])
print(found)
least.reveal(min(found.outcomes))

# %% tags=["hide-input"]
fig, ax = figure("Two threads, three additions each", "final count", "orders (log scale)")
counts = dict(sorted(found.outcomes.items()))
ax.bar(list(counts), list(counts.values()), width=0.6, label=f"of {found.schedules:,} orders")
for n, orders in counts.items():
    ax.text(n + 0.05, orders * 1.15, f"{orders:,}", ha="left")
ax.set(yscale="log", ylim=(1, 400_000), xlim=(0.3, 6.7))
least.mark(ax, axis="x")
words = ", ".join(f"{orders:,} end with {n}" for n, orders in counts.items())
show(fig, text=f"Of {found.schedules:,} orders {words}. Your guess at the least: {least.guess:g}.")

# %% [markdown]
# Two, and it stays two for a thousand additions each: a late store undoes whatever happened since
# its load. The task `worst` of the exercise asks you for that order.
#
# ## A lock, and two locks
#
# A thread that waits for a lock cannot come between the load and the store of another. Then no bad
# order is left. Two locks, taken in different orders, bring a new kind of trouble.


# %%
def add_with_lock(state):
    yield state["lock"].acquire()
    register = state["n"]
    yield
    register += 1
    yield
    state["n"] = register
    state["lock"].release()


def take_both(first, second):
    def thread(state):
        yield state[first].acquire()
        yield state[second].acquire()
        state[second].release()
        state[first].release()

    return thread


locked = {"n": 0, "lock": Lock()}
print("one lock:", interleavings([add_with_lock] * 2, locked, lambda end: end["n"]))
two = {"a": Lock("a"), "b": Lock("b")}
same = [take_both("a", "b"), take_both("a", "b")]
print("both take a, then b:", interleavings(same, two, lambda _: "done"))
crossed = [take_both("a", "b"), take_both("b", "a")]
print("one takes b first:", interleavings(crossed, two, lambda _: "done"))

# %% [markdown]
# ## Now on your machine
#
# A parallel histogram, with the same `+= 1` inside. Twenty runs on the same 5,000,000 numbers.
#
# **Guess:** in how many of the 20 runs is the histogram wrong?


# %%
@njit(parallel=True)
def histogram(bins, counts):
    for i in prange(bins.size):
        counts[bins[i]] += 1


wrong = predict(
    "In how many of 20 runs is an update lost?",
    20,  # <- your guess
    unit="runs",
)

# %%
rng = np.random.default_rng(1)
size = 5_000_000
histogram(np.zeros(1, np.int64), np.zeros(1, np.int64))  # compiles


def lost_in_runs(kinds, repeats=20):
    bins = rng.integers(0, kinds, size)
    lost = []
    for _ in range(repeats):
        counts = np.zeros(kinds, np.int64)
        histogram(bins, counts)
        lost.append(size - int(counts.sum()))
    return lost


lost = {kinds: lost_in_runs(kinds) for kinds in (10, 10_000)}
wrong.reveal(sum(number > 0 for number in lost[10]))

# %% tags=["hide-input"]
title = f"{get_num_threads()} threads, {size:,} updates, on {os.cpu_count()} cores"
fig, ax = figure(title, "run", "updates lost")
for kinds, numbers in lost.items():
    ax.plot(range(1, 21), numbers, linestyle="", label=f"{kinds:,} bins")
top = max(100, *lost[10], *lost[10_000])
ax.set(ylim=(-0.03 * top, 1.25 * top), xticks=[1, 5, 10, 15, 20])
ax.yaxis.set_major_formatter("{x:,.0f}")
words = "; ".join(
    f"with {kinds:,} bins {sum(map(bool, n))} of 20 runs lost updates, at most {max(n):,}"
    for kinds, n in lost.items()
)
show(fig, text=f"Updates lost in each of 20 runs on this machine: {words}.")

# %% [markdown]
# It may be **none at all** on your machine, now: on one core, or on busy ones, threads seldom meet
# within three steps. Nine orders in ten are bad, and yet most runs may be right. The share of bad
# orders is no probability, and a test that passes proves nothing.
#
# ## A question without luck
#
# Do two iterations touch the same place, and does one of them write to it? The *shadow checker*
# runs the loop in plain Python, on arrays that remember who read and wrote each place. Its answer
# is the same each time, whatever your cores do.

# %%
for race in races(histogram, np.array([4, 2, 0, 2, 1]), np.zeros(5, np.int64)):
    print(race)

# %% [markdown]
# Mend it: each block of numbers counts in a row of its own. (Here the rows come back as they are;
# adding them up is left to the exercise.)


# %%
@njit(parallel=True)
def rows(bins, kinds, blocks):
    mine = np.zeros((blocks, kinds), np.int64)
    for b in prange(blocks):
        for i in range(b * bins.size // blocks, (b + 1) * bins.size // blocks):
            mine[b, bins[i]] += 1
    return mine


bins = rng.integers(0, 10, size)
print("races:", races(rows, bins[:1000].copy(), 10, 4))
print("lost: ", [size - int(rows(bins, 10, 4).sum()) for _ in range(5)])

# %% [markdown]
# ## No race, and still not the same
#
# Numba knows `s += x[i]` as a *reduction*: each thread adds up a part, then the parts are added.
# Nothing races. But floating-point addition depends on its order, and the parts depend on how many
# threads there are.
#
# **Guess:** the sum of the same 1,000,000 `float32` numbers, with 1, 2, ... threads: how many
# different results?

# %%
different = predict(
    "How many different sums do 1, 2, ... threads give?",
    1,  # <- your guess
    unit="sums",
)


# %%
@njit(parallel=True)
def one_sum(x):
    s = np.float32(0)
    for i in prange(x.size):
        s += x[i]
    return s


@njit(parallel=True)
def in_blocks(x, block):
    blocks = (x.size + block - 1) // block
    sums = np.zeros(blocks, np.float32)
    for b in prange(blocks):
        s = np.float32(0)
        for i in range(b * block, min((b + 1) * block, x.size)):
            s += x[i]
        sums[b] = s
    s = np.float32(0)
    for b in range(blocks):
        s += sums[b]
    return s


x = np.random.default_rng(1).random(1_000_000, dtype=np.float32)
exact = math.fsum(x.tolist())
most = get_num_threads()
errors = {"one part for each thread": [], "fixed blocks of 1,000": []}
for threads in range(1, most + 1):
    set_num_threads(threads)
    errors["one part for each thread"].append(float(one_sum(x)) - exact)
    errors["fixed blocks of 1,000"].append(float(in_blocks(x, 1000)) - exact)
set_num_threads(most)
print("races:", races(one_sum, x[:1000].copy()))
for name, values in errors.items():
    print(f"{name}: {len(set(values))} different sums of {most}")
different.reveal(len(set(errors["one part for each thread"])))

# %% tags=["hide-input"]
fig, ax = figure(f"The same million numbers, sum {exact:,.2f}", "threads", "error of the sum")
for name, values in errors.items():
    ax.plot(range(1, most + 1), values, label=name)
ax.axhline(0, color=ax.xaxis.label.get_color(), linewidth=0.8)
ax.set_xticks(range(1, most + 1))
words = "; ".join(f"{name}: " + ", ".join(f"{v:+.2f}" for v in e) for name, e in errors.items())
show(fig, text=f"Error of a float32 sum for 1 to {most} threads, on this machine. {words}.")

# %% [markdown]
# Fixed blocks: which numbers are added together is decided by the data, not by the threads. The
# flat line is the same *bits*, however many threads there are. (It is also nearer to the exact sum,
# for a reason that the page gives. Reproducible and accurate are two things.)
#
# ## No race, right, and slow: false sharing
#
# A core writes to a cache line only while it owns it. Four threads fill an array of 1,000 numbers
# of 8 bytes, a quarter each: 250 neighbours. A line of 64 bytes holds 8 numbers, so there are 125.
#
# **Guess:** how many of the 125 lines have two owners?

# %%
owners = predict(
    "How many of 125 lines do two threads write, a quarter each?",
    0,  # <- your guess
    unit="lines",
)


# %%
def in_units(n, threads, unit):
    units = -(-n // unit)
    borders = [min(n, t * units // threads * unit) for t in range(threads + 1)]
    return [range(borders[t], borders[t + 1]) for t in range(threads)]


layouts = {
    "element i to thread i % 4": [range(t, 1000, 4) for t in range(4)],
    "a quarter each": in_units(1000, 4, 1),
    "a quarter, in units of 8": in_units(1000, 4, 8),
    "a quarter, in units of 32": in_units(1000, 4, 32),
}
print("lines with two owners or more       64 bytes  256 bytes")
for name, writes in layouts.items():
    shared = [len(shared_lines(writes, line, itemsize=8)) for line in (64, 256)]
    print(f"{name:34s} {shared[0]:4d} of 125  {shared[1]:3d} of 32")
owners.reveal(len(shared_lines(layouts["a quarter each"], 64, itemsize=8)))

# %% tags=["hide-input"]
title = "Who writes what: lines of 64 bytes, a quarter each"
fig, ax = figure(title, "element of the line", "cache line", size=(7, 4))
ink = ax.xaxis.label.get_color()
quarter = layouts["a quarter each"]
shown = [30, 31, 32, 61, 62, 63, 92, 93, 94]
traced = []
for row, line in enumerate(shown):
    who = [next(t for t in range(4) if line * 8 + k in quarter[t]) for k in range(8)]
    for k, t in enumerate(who):
        box = {"facecolor": "#0079c1" if t % 2 else "none", "alpha": 0.35, "edgecolor": ink}
        ax.bar(k, 0.86, 0.94, row - 0.43, **box)
        ax.text(k, row, str(t), ha="center", va="center", color=ink)
    if len(set(who)) > 1:
        ax.text(7.7, row, "two owners", va="center", color=ink)
        traced.append(f"line {line}: {' '.join(map(str, who))}")
ax.set(xlim=(-0.6, 9.4), ylim=(8.6, -0.6), xticks=range(8), yticks=range(9), yticklabels=shown)
ax.grid(visible=False)
show(
    fig,
    text="The thread that writes each of the 8 numbers in a line, near the borders of four equal "
    f"parts. Two owners have {'; '.join(traced)}. All other lines have one.",
)

# %% [markdown]
# Three borders, three lines with two owners: 250 is no multiple of 8. Shared out in units of 8, no
# line is shared; on a machine with lines of 256 bytes that takes units of 32. With `i % 4` *every*
# line is shared, and travels between the cores again and again. How much time that takes depends on
# your cores and on what else they do. A noisy machine cannot show it, so we count lines.
