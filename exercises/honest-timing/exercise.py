# %% [markdown]
# # Exercise: honest timing
#
# Four tasks: you write the instrument that the other lessons rely on. `bench` is the core; the
# other three are stretch tasks and need nothing from each other.
#
# **Your code never sees a real clock here.** A check hands it a function `f` and a `clock` on a
# *fake machine*. Only calls of `f`, and readings of `clock()`, move that clock forward, by amounts
# that the check has chosen: it knows what your function should find, and your own machine has no
# say in it. `f()` takes no arguments and returns nothing; `clock()` gives seconds, like
# `time.perf_counter()`. To time one call:
#
# ```python
# start = clock()
# f()
# seconds = clock() - start
# ```
#
# To try your function on a fake machine of your own:
#
# ```python
# from hpclab.measure.fake import Cost, on_fake_machine
#
# slow_start = Cost(seconds=0.002, first=0.8, interruptions={3: 0.05})
# print(on_fake_machine(bench, [slow_start], 5).result)  # bench(f, clock, 5)
# ```
#
# Every call takes 2 ms; the first one, which compiles, 0.8 s more; call number 3 (the first is
# number 0) is interrupted for 50 ms.
#
# Stuck? `hint("bench")` gives one hint at a time, three in all.

# %%
import math
import random
import statistics

import numpy as np

from hpclab import check, hint

# %% [markdown]
# ## `bench` (core): one number out of many
#
# Time `f` in so many `rounds`, one call a round, after **one** call that is a round of its own: the
# warm-up. So `f` is called `rounds + 1` times. Return a dictionary of three numbers, in seconds:
#
# | key | what |
# |---|---|
# | `"warm_up"` | the very first call, which compiles and fills caches |
# | `"minimum"` | the shortest of the calls after it |
# | `"median"` | the median of the same calls; of an even number, the mean of the middle two |
#
# The warm-up is *reported*, not thrown away: whoever runs the function once has to pay it. It is in
# neither of the other two. An interruption of a few calls must change neither of them.


# %% task="bench"
def bench(f, clock, rounds):
    """Time f() in `rounds` rounds after a warm-up.

    f: function without arguments; clock: function that gives seconds; rounds: int, 1 or more.
    Returns {"warm_up": s, "minimum": s, "median": s}.
    """
    ### BEGIN SOLUTION
    samples = []
    for _ in range(rounds + 1):
        start = clock()
        f()
        samples.append(clock() - start)
    warm_up, *samples = samples
    return {"warm_up": warm_up, "minimum": min(samples), "median": statistics.median(samples)}
    ### END SOLUTION


# %% check="bench"

# %% [markdown]
# ## `interval` (stretch): how sure is a median?
#
# Sort n samples. Between the d-th smallest and the d-th largest lies the true median, unless fewer
# than d samples fell on one side of it. Each sample falls on either side with probability 1/2, so
# the interval is right with probability
#
# $$\gamma(d) = 1 - 2 \sum_{i=0}^{d-1} \binom{n}{i} \Big/ 2^n .$$
#
# Return `(low, high, reached)`: the **shortest** such interval whose γ(d) is at least `level`, and
# its γ(d). That is the largest d that still reaches the level. Where even d = 1, all of the
# samples, does not reach it, return `None`: no honest answer. Lists come unsorted, stay as they
# are, and may be long.
#
# (`hpclab.measure.intervals` has this function, nearly. Write your own.)


# %% task="interval"
def interval(samples, level):
    """Confidence interval of the median by order statistics.

    samples: list of floats, 1 or more, in any order; level: float between 0 and 1.
    Returns (low, high, reached), or None where the samples are too few for the level.
    """
    ### BEGIN SOLUTION
    ordered = sorted(samples)
    n = len(ordered)
    best = None
    missed = 0  # of 2**n ways, those with fewer than d samples on one given side: whole numbers
    for d in range(1, n // 2 + 1):
        missed += math.comb(n, d - 1)
        reached = 1 - 2 * missed / 2**n
        if reached < level:
            break
        best = ordered[d - 1], ordered[n - d], reached
    return best
    ### END SOLUTION


# %% check="interval"

# %% [markdown]
# ## `per_call` (stretch): shorter than a tick
#
# This clock ticks every `tick` seconds: between two ticks it shows the same time. A call that is
# shorter than a tick takes 0 s or one tick, and neither is true. So time a *batch* of calls
# between two readings, and divide. A batch that lasts 100 ticks is wrong by at most one of them,
# which is 1 %.
#
# Return `(seconds, batch)`: seconds a call, the median of `rounds` batches, and how many calls a
# batch has. Three rules:
#
# 1. a batch lasts **at least 100 ticks**, so that `seconds` is right within **1 %**;
# 2. it lasts at most **400 ticks**, or it is a single call: nobody waits for digits that are not
#    asked for. In all, `f` is called at most `(rounds + 10) * batch` times, the search included;
# 3. neither compilation nor an interruption during your search may fool you into a batch that is
#    too small: the first call is a warm-up, and a batch that seems long enough *once* may have
#    been interrupted. At most one of your calls is interrupted while you search.


# %% task="per_call"
def per_call(f, clock, tick, rounds):
    """Seconds a call of f(), on a clock that shows whole multiples of `tick` seconds.

    f: function without arguments; clock: function that gives seconds; tick: s; rounds: int.
    Returns (seconds a call, calls in a batch).
    """

    ### BEGIN SOLUTION
    def lasts(batch):
        start = clock()
        for _ in range(batch):
            f()
        return clock() - start

    f()  # the warm-up
    batch = 1
    # Whatever interrupts a batch makes it longer, so the shorter of two is the better witness.
    while lasts(batch) < 100 * tick or lasts(batch) < 100 * tick:
        batch *= 2
    return statistics.median(lasts(batch) for _ in range(rounds)) / batch, batch
    ### END SOLUTION


# %% check="per_call"

# %% [markdown]
# ## `speed_up` (stretch): which one is faster, on a machine that grows slow?
#
# How many times as fast as `f` is `g`? While you measure, the machine *drifts*: each call takes a
# little longer than the one before (it grows hot, or others come). Whoever times all of `f` and
# then all of `g` measures the drift.
#
# So let them take turns: after a warm-up of each, `rounds` rounds in which each is timed once. And
# because whoever goes second in a round is always a little later, **neither may always go first**:
# alternate, or draw the order anew in each round. The checks look at the order of your calls.
#
# Return one number: above 1 where `g` is faster. Up to a quarter of the calls of either may be
# interrupted; `f` and `g` are each called `rounds + 1` times.


# %% task="speed_up"
def speed_up(f, g, clock, rounds):
    """How many times as fast as f() is g()?

    f, g: functions without arguments; clock: function that gives seconds; rounds: int, 1 or more.
    Returns a float: time of f / time of g.
    """

    ### BEGIN SOLUTION
    def seconds(call):
        start = clock()
        call()
        return clock() - start

    seconds(f), seconds(g)  # the warm-ups
    ratios = []
    for i in range(rounds):
        if i % 2:
            of_g, of_f = seconds(g), seconds(f)
        else:
            of_f, of_g = seconds(f), seconds(g)
        ratios.append(of_f / of_g)
    return statistics.median(ratios)
    ### END SOLUTION


# %% check="speed_up"
