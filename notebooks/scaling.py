# %% [markdown]
# # How many cores is it worth? The demo
#
# One small program, timed on 1, 2 and 4 threads of *your* machine; a law fitted to it; then the
# same law fitted to machines with up to 128 cores, whose times others recorded. Before each
# measurement you are asked for a guess: change the number in the cell, then run it.
#
# Your machine may have two cores, or be busy. So the times are *virtual*: CPU time of what the main
# thread does alone, plus, for each parallel loop, CPU time of its busiest thread. Four threads then
# need no four cores.

# %%
import os

# Read when Numba starts its threads: at least four, and those that wait sleep.
os.environ.setdefault("NUMBA_NUM_THREADS", str(max(4, os.cpu_count() or 1)))
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import time
from statistics import median

import numpy as np
from numba import njit, prange, set_num_threads

from hpclab import predict, scaling
from hpclab.measure.regions import critical_path, using_threads, with_regions
from hpclab.measure.runner import CannotTell
from hpclab.plot import panels, show
from hpclab.recorded import motorbike, ocean, ocean_weak

# %% [markdown]
# ## A program with a serial part
#
# The loop over `level` is shared: each element is a little Newton iteration of its own. The second
# loop cannot be: each turn needs the one before.


# %%
@njit(parallel=True)
def step(level, out, turns):
    for i in prange(level.size):
        x = level[i]
        for _ in range(40):
            x = 0.5 * (x + level[i] / x)
        out[i] = x
    carry = 0.0
    for i in range(turns):
        carry = 0.9 * carry + out[i % out.size]
    return carry


N = 600_000  # elements for one thread
TURNS = 700_000  # of the serial loop
level = 1 + np.random.default_rng(1).random(4 * N)
out = np.zeros_like(level)
THREADS = (1, 2, 4)

# %% [markdown]
# Virtual times need the CPU clock of each thread, which Linux has. Elsewhere the next cell falls
# back on the wall clock, and figures say so.

# %%
try:
    watched, times = with_regions(step), "virtual"
    with using_threads(max(THREADS)):
        critical_path(lambda: watched(level[:100], out[:100], 100))  # compiles
except CannotTell as problem:
    watched, times = step, "wall"
    watched(level[:100], out[:100], 100)
    THREADS = tuple(p for p in THREADS if p <= (os.cpu_count() or 1))
    print(problem)


def once(threads, n, turns):
    """Seconds of one step of n elements."""
    if times == "wall":
        set_num_threads(threads)
        start = time.perf_counter()
        watched(level[:n], out[:n], turns)
        return time.perf_counter() - start
    with using_threads(threads):
        return critical_path(lambda: watched(level[:n], out[:n], turns))[1]


def samples(cases, rounds=25):
    """Seconds of each case, (threads, n, turns); they take turns within each round."""
    found = {case: [] for case in cases}
    for _ in range(rounds):
        for case in cases:
            found[case].append(once(*case))
    return found


# %% [markdown]
# On one thread: how much of the time is the serial loop?

# %%
alone = samples([(1, N, TURNS), (1, N, 0)])
whole, shared = (median(s) for s in alone.values())
share = 1 - shared / whole
print(f"{1e3 * whole:.1f} ms, of which {1e3 * (whole - shared):.1f} ms are serial: {share:.1%}")

# %% [markdown]
# **Guess:** how many times as fast is it on four threads?

# %%
guess = predict(
    "How many times as fast is the step on 4 threads?",
    3.7,  # <- your guess
    unit="x",
)

# %%
strong = samples([(p, N, TURNS) for p in THREADS])
mine = {p: s for (p, _, _), s in strong.items()}
picture = scaling(mine, times=times)
guess.reveal(picture.speed_up[max(THREADS)])
picture

# %% [markdown]
# The dashed curve is Amdahl's law with one number fitted, the serial fraction $\varphi$. You know
# the right answer here, because you timed the serial loop by itself.

# %%
fraction = picture.serial_fraction
print(f"serial fraction, fitted {fraction:.1%}, timed alone {share:.1%}")
for p, value in picture.serial_fractions.items():
    print(f"  by the time on {p} threads alone (Karp and Flatt): {value:.1%}")
most = 1 + (1 / 0.7 - 1) / max(fraction, 1e-9)
print(f"efficiency stays at 70 % or more up to {most:,.0f} cores, says the law")
print(f"and no number of cores makes it {1 / max(fraction, 1e-9):,.0f} times as fast")

# %% [markdown]
# ## The same program, growing
#
# Who gets more cores often takes a larger problem. Now each thread brings $N$ elements along, and
# the serial loop stays as it is. The speed-up is the time that *one* thread needs for the larger
# problem, over the time that $p$ threads need for it.
#
# **Guess:** how much is it on four threads, for four times the elements?

# %%
grown_guess = predict(
    "How many times as fast as one thread are 4, on 4 times the elements?",
    3.7,  # <- your guess
    unit="x",
)

# %%
weak = samples(
    [(p, p * N, TURNS) for p in THREADS] + [(1, p * N, TURNS) for p in THREADS[1:]], rounds=15
)
weak = {case: median(s) for case, s in weak.items()}
grown = {p: weak[1, p * N, TURNS] / weak[p, p * N, TURNS] for p in THREADS}
grown_guess.reveal(grown[max(THREADS)])
gamma = {p: (p - s) / (p - 1) for p, s in grown.items() if p > 1}
for p, value in gamma.items():
    print(f"{p} threads: scaled speed-up {grown[p]:.2f}; {value:.1%} of the run is serial")

# %% tags=["hide-input"]
fixed = picture.speed_up
curve = np.linspace(1, max(THREADS), 100)
last = max(THREADS)
laws = {
    f"Amdahl, {fraction:.2g}": 1 / (fraction + (1 - fraction) / curve),
    f"Gustafson, {gamma[last]:.2g}": gamma[last] + (1 - gamma[last]) * curve,
}
labels = ["speed-up, same work", "scaled speed-up, work grows"]
fig, (left, right) = panels(f"Strong and weak, {times} times", "threads", labels, (7, 3.6), True)
for ax, points, (law, values) in zip((left, right), (fixed, grown), laws.items(), strict=True):
    ink = ax.xaxis.label.get_color()
    ax.plot(curve, curve, ":", marker="", color=ink, label="ideal")
    ax.plot(curve, values, "--", marker="", label=law)
    ax.plot(list(points), list(points.values()), "s", label="measured here")
    ax.set(xlim=(0.9, last + 0.1), ylim=(0, last + 0.2), xticks=THREADS)
words = "; ".join(f"{p} threads: strong {fixed[p]:.2f}, weak {grown[p]:.2f}" for p in THREADS)
show(fig, f"Speed-ups side by side, {times} times. {words}. Laws: {', '.join(laws)}.")

# %% [markdown]
# One program, two honest curves. They differ in what stays the same when cores are added: the
# work, or the time.
#
# ## What your clock leaves out
#
# A virtual clock sees how the work is divided. It does not see threads that wait for one another,
# nor cores that share one memory. For that we need wall clocks on large machines. Here is an ocean
# model on up to 32 cores, with the law fitted.

# %%
print(ocean.what, "\n", ocean.source)
first = {p: s for p, s in ocean.seconds.items() if p <= 32}
fit = scaling(first)
fit

# %% [markdown]
# **Guess:** how many times as fast as one core was it on 128? (The law itself is printed below.)

# %%
far = predict(
    "How many times as fast was the ocean on 128 cores?",
    100,  # <- your guess
    unit="x",
)

# %%
s = fit.serial_fraction
print(f"by the law, with a serial fraction of {s:.2%}: {1 / (s + (1 - s) / 128):.0f} times")
print(f"recorded: {ocean.seconds[1] / ocean.seconds[128]:.0f} times")


# %% [markdown]
# Too low by a quarter. What does each point say by itself? Beside it, a wind tunnel that goes wrong
# in the other direction.

# %% tags=["hide-input"]
labels = ["ocean: serial fraction, %", "wind tunnel: serial fraction, %"]
title = "What each point says of the serial fraction"
fig, axes = panels(title, "cores", labels, (7, 3.6), beside=True)
words = []
for ax, runs, name in zip(axes, (ocean, motorbike), ("ocean", "wind tunnel"), strict=True):
    points = scaling(runs.seconds).serial_fractions
    found = {p: 100 * x for p, x in points.items() if p >= 4}
    ax.semilogx(list(found), list(found.values()), "o-", base=2, label="recorded")
    ax.set(ylim=(0, None), xticks=[4, 8, 16, 32, 64, 128], xlim=(3.5, 150))
    ax.set_xticklabels(["4", "8", "16", "32", "64", "128"])
    words.append(f"{name}: " + ", ".join(f"{x:.2f} % at {p}" for p, x in found.items()))
axes[0].axvline(
    32, linestyle=":", color=axes[0].xaxis.label.get_color(), label="two full processors"
)
show(fig, f"Serial fraction by each point over the number of cores. {'; '.join(words)}.")

# %% [markdown]
# No serial part does this. In the *wind tunnel* the fraction rises with every core: something gets
# worse the more cores there are. In the *ocean* it rises while a node fills up (two processors of
# 16 cores), and falls from there on. Weak scaling shows why: same machine, same model, but
# each core has the same work whatever their number.

# %%
base = ocean_weak.seconds[1]
for p, seconds in ocean_weak.seconds.items():
    print(f"{p:4d} cores: {1e3 * seconds:5.0f} ms, {seconds / base:.2f} times as long as alone")

# %% [markdown]
# Up to 32 cores each core gets slower, by 23 % in the end; with further nodes it stays so. That is
# a *factor*, not a serial part: cores of a node share its memory, and another node brings memory
# along.

# %% tags=["hide-input"]
labels = ["speed-up, same work", "scaled speed-up, work grows"]
fig, axes = panels("The ocean on 1 to 128 cores", "cores", labels, (7, 3.6), beside=True)
curve = np.linspace(1, 128, 200)
factor = ocean_weak.seconds[128] / base
words = []
for ax, runs in zip(axes, (ocean, ocean_weak), strict=True):
    growth = {p: 1 if runs.kind == "strong" else p for p in runs.seconds}
    points = {p: growth[p] * runs.seconds[1] / t for p, t in runs.seconds.items()}
    ax.plot(curve, curve, ":", marker="", color=ax.xaxis.label.get_color(), label="ideal")
    ax.plot(curve, curve / factor, "-.", marker="", label=f"cores {factor:.2f} x slower")
    ax.plot(list(points), list(points.values()), "s", label="recorded")
    if runs.kind == "strong":
        ax.plot(curve, 1 / (s + (1 - s) / curve), "--", marker="", label="Amdahl, fit to 32")
    ax.set(ylim=(0, 130), xticks=[1, 32, 64, 96, 128])
    words.append(f"{runs.kind}: " + ", ".join(f"{x:.1f} on {p}" for p, x in points.items()))
show(fig, f"Speed-ups of the ocean side by side. {'; '.join(words)}. Factor {factor:.2f}.")

# %% [markdown]
# The largest machine with an efficiency of 70 %: the law said 71 cores. The record says at least
# 128. For the wind tunnel it is the other way round.

# %%
for name, runs, limit in (("ocean", ocean, 32), ("wind tunnel", motorbike, 16)):
    some = scaling({p: t for p, t in runs.seconds.items() if p <= limit})
    says = int(1 + (1 / 0.7 - 1) / some.serial_fraction)
    good = max(p for p, t in runs.seconds.items() if runs.seconds[1] >= 0.7 * p * t)
    print(f"{name}: fitted up to {limit} cores the law says {says}; recorded: {good}")

# %% [markdown]
# A fit knows the points that it saw. Put a table of your own program in, and keep the last line of
# the next cell in mind.

# %%
yours = {1: 100.0, 2: 52.0, 4: 28.0, 8: 17.0}  # <- your program: seconds by cores
for p, value in scaling(yours).serial_fractions.items():
    print(f"{p:3d} cores: serial fraction {value:.1%}")
print("constant: a serial part; rising: overhead; falling: each core is slower by a factor")
