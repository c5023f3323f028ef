# %% [markdown]
# # Honest timing: the demo
#
# How good is the clock that you time with, how quiet is the machine, and what may you conclude?
# Every measurement below is of *your* machine. Before each one you are asked for a guess: change
# the number in the cell, then run it.

# %%
import statistics
import time
from itertools import pairwise

import numpy as np
from numba import njit

from hpclab import compare, machine, predict
from hpclab.measure.fake import Cost, on_fake_machine
from hpclab.measure.intervals import median_interval
from hpclab.plot import figure, show
from hpclab.plot.figures import legend_below

x = np.random.default_rng(1).random(100_000)


@njit
def norm(x):
    """The length of a vector."""
    total = 0.0
    for value in x:
        total += value * value
    return total**0.5


def sample(call, rounds):
    """Seconds of each of `rounds` calls, one by one."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return np.array(times)


# %% [markdown]
# ## The first call
#
# `norm` reads 100,000 numbers. Nobody has called it yet. **Guess:** how many times as long as later
# calls does the very first one take?

# %%
colder = predict(
    "How many times as long does the first call take?",
    10,  # <- your guess
    unit="x",
)

# %%
first, *rest = sample(lambda: norm(x), 1_001)
times = np.array(rest)
median = statistics.median(rest)
print(f"first call {first:.3f} s, median of the 1,000 after it {1e6 * median:.1f} µs")
print(f"mean of the first ten: {1e6 * np.mean([first, *rest[:9]]):,.0f} µs")
colder.reveal(first / median)

# %% [markdown]
# The first call compiles. Averaged in, it is still most of the result after hundreds of calls. Time
# it, say what it was, and keep it out of the samples.
#
# ## Your clock
#
# A clock shows steps. Read it again and again, as fast as Python can, and look at the differences.
# **Guess:** what is the smallest step that you will see, in nanoseconds?

# %%
step = predict("What is the smallest step of your clock?", 1_000, unit="ns")

# %%
shown = [time.perf_counter() for _ in range(200_001)]
steps = 1e9 * np.array([b - a for a, b in pairwise(shown)])
seen = steps[steps > 0]
tick, usual = seen.min(), np.median(seen)
told = 1e9 * time.get_clock_info("perf_counter").resolution
print(f"the system says {told:g} ns; the smallest step seen is {tick:.0f} ns")
print(f"half of the steps are at most {usual:.0f} ns, the longest is {seen.max() / 1e3:,.0f} µs")
print(f"readings that showed the same time as the one before: {100 * np.mean(steps <= 0):.1f} %")
step.reveal(tick)

# %%
edges = np.geomspace(max(tick, 1) * 0.9, seen.max() * 1.1, 60)
counts, _ = np.histogram(seen, edges)
fig, ax = figure(
    "200,000 readings of the clock", "step from one reading to the next (ns)", "readings"
)
ax.stairs(counts, edges, fill=True, alpha=0.5, label="steps seen")
ax.set(xscale="log", yscale="log", ylim=(0.7, None))
ax.axvline(usual, color=ax.xaxis.label.get_color(), label=f"half of them: {usual:.0f} ns")
step.mark(ax, axis="x")
long = int(np.sum(seen > 10 * usual))
words = f"Steps between readings of the clock: smallest {tick:.0f} ns, median {usual:.0f} ns, "
words += f"longest {seen.max():,.0f} ns. {long:,} of {seen.size:,} are more than ten times the "
words += f"median. Your guess at the smallest: {step.guess:.0f} ns."
show(fig, text=words)

# %% [markdown]
# The left end is what a reading costs; a coarse clock would show a gap up to its tick. The right
# end is not the clock. While Python did nothing but read the time, somebody else had the core.
#
# What is shorter than a reading cannot be timed alone. Here is a function that does nothing:


# %%
def nothing():
    pass


def ten_thousand():
    for _ in range(10_000):
        nothing()


alone = np.median(sample(nothing, 10_000))
batch = np.median(sample(ten_thousand, 30)) / 10_000
print(f"one call between two readings: {1e9 * alone:.0f} ns")
print(f"10,000 calls between two readings, divided: {1e9 * batch:.0f} ns")

# %% [markdown]
# ## The noise
#
# The thousand calls of `norm` did the same work on the same numbers. **Guess:** how many times as
# long as the shortest did the longest take?

# %%
spread = predict("How many times as long as the shortest is the longest?", 1.2, unit="x")

# %%
low, high, level = median_interval(times)
micro = 1e6 * times
print(f"minimum {micro.min():.1f} µs, median {1e6 * median:.1f} µs, mean {micro.mean():.1f} µs")
print(f"{100 * level:.0f} % interval of the median: {1e6 * low:.1f} to {1e6 * high:.1f} µs")
spread.reveal(micro.max() / micro.min())

# %%
fig, ax = figure("The same call, a thousand times", "call", "µs a call")
ax.plot(np.arange(1, 1_001), micro, ".", markersize=3, label="a call")
ink = ax.xaxis.label.get_color()
ax.axhline(1e6 * median, color=ink, label=f"median {1e6 * median:.1f} µs")
ax.axhline(micro.mean(), color=ink, linestyle="-.", label=f"mean {micro.mean():.1f} µs")
ax.axhline(micro.min(), color=ink, linestyle=":", label=f"minimum {micro.min():.1f} µs")
mark = spread.guess * micro.min()
ax.axhline(mark, color=ink, linestyle="--", lw=1, label=f"your guess: {mark:.0f} µs")
ax.set(yscale="log")
legend_below(fig)
shares = np.percentile(micro, [50, 90, 99])
words = f"1,000 calls: minimum {micro.min():.1f} µs, median {shares[0]:.1f} µs, "
words += f"mean {micro.mean():.1f} µs, 90 % within {shares[1]:.1f} µs, 99 % within "
words += f"{shares[2]:.1f} µs, maximum {micro.max():.1f} µs. Samples lie close above the minimum, "
words += f"with a tail upwards. Your guess at the longest: {mark:.0f} µs."
show(fig, text=words)

# %% [markdown]
# A floor and a tail. Nothing makes a call shorter than its work, and many things make it longer. So
# the *minimum* is what the code can do, the *median* what you usually get, and the mean depends on
# who else was there.
#
# ## What an interval knows
#
# Cut the same samples into 50 groups of 20, in the order in which they were taken, and give each
# its 95 % interval. If samples were independent of each other, about 48 of the 50 would hold the
# median of all. **Guess:** how many do?

# %%
hold = predict("How many of 50 intervals hold the median of all?", 48, unit="intervals")

# %%
groups = [median_interval(part) for part in times.reshape(50, 20)]
inside = [part.low <= median <= part.high for part in groups]
hold.reveal(sum(inside))

# %%
fig, ax = figure("50 intervals of 20 samples each", "group", "µs a call")
for number, (part, good) in enumerate(zip(groups, inside, strict=True), 1):
    style = "-" if good else ":"
    ends = [1e6 * part.low, 1e6 * part.high]
    ax.plot([number, number], ends, style, color=ink, marker="_" if good else "x", markersize=5)
ax.axhline(1e6 * median, label=f"median of all, {1e6 * median:.1f} µs", marker="")
ax.plot([], [], "-", color=ink, marker="_", label="holds it")
ax.plot([], [], ":", color=ink, marker="x", label="misses it")
widest = max(part.high for part in groups)
words = f"{sum(inside)} of 50 intervals hold the median of all 1,000 samples; about 48 would if "
words += f"samples were independent. The lowest ends at {1e6 * min(p.low for p in groups):.1f} µs, "
words += f"the highest at {1e6 * widest:.1f} µs."
show(fig, text=words)

# %% [markdown]
# Where fewer hold it, your machine had good and bad *moments*: neighbouring samples are alike, and
# twenty of them are not twenty witnesses. The formula cannot see that. Nor can it see that another
# process, another day or another machine gives another median.
#
# ## Who goes first
#
# Two equal functions, on a fake machine that grows slower by 5 % each second, as a laptop does
# when it gets hot. 200 calls of 10 ms each. **Guess:** how many per cent slower does the second
# one seem to be if all of the first are timed before it?

# %%
slower = predict("How much slower does the second of two equal functions seem?", 0, unit="%")


# %%
def in_order(f, g, clock, order):
    """Median seconds of g over those of f, timed in the order of these letters."""
    calls, taken = {"f": f, "g": g}, {"f": [], "g": []}
    for letter in order:
        start = clock()
        calls[letter]()
        taken[letter].append(clock() - start)
    return statistics.median(taken["g"]) / statistics.median(taken["f"])


same = Cost(seconds=0.01)
seems = {}
for name, order in (
    ("f f f ... g g g", "f" * 200 + "g" * 200),
    ("f g f g ...", "fg" * 200),
    ("f g g f ...", "fggf" * 100),
):
    seems[name] = on_fake_machine(in_order, [same, same], order, drift=0.05).result
    print(f"{name:16s} g seems to take {100 * (seems[name] - 1):6.3f} % longer")
slower.reveal(100 * (seems["f f f ... g g g"] - 1))

# %% [markdown]
# Taking turns removes the drift, and turns that alternate remove what is left of it. `compare`
# draws the order of each round anew, on the real machine. Both of these are `norm`:

# %%
twin = njit(norm.py_func)
compare({"norm": lambda: norm(x), "its twin": lambda: twin(x)}, rounds=20)

# %% [markdown]
# ## Your machine, and a node of JUPITER
#
# Whoever quotes a time also says on what. This is the hardware card of your machine. It measures,
# for some seconds.
#
# A node of JUPITER has four GH200: each a CPU of 72 cores and a GPU in one package. **Guess:** how
# many of *your* machines have the memory bandwidth of one such node's four GPUs?

# %%
many = predict("How many of your machines make one node's memory bandwidth?", 50, unit="machines")

# %%
card = machine()
card

# %% [markdown]
# The node's figures are JUPITER's own documentation: 4 × (72 cores, 120 GB of CPU memory at 512
# GB/s, 96 GB of GPU memory at 4 TB/s, 680 W for both). They are what the *data sheet* promises;
# yours is what was *measured*. On a GH200 at another place, STREAM measured 486 GB/s from the
# CPU's memory and 3.4 TB/s from the GPU's (Schieffer and others, 2024).

# %%
GB, TB = 1e9, 1e12
bandwidths = {
    "your machine, measured": card.bandwidth,
    "one Grace CPU, data sheet": 512 * GB,
    "one Grace CPU, STREAM": 486 * GB,
    "one Hopper GPU, data sheet": 4 * TB,
    "one Hopper GPU, STREAM": 3.4 * TB,
    "a node's four GPUs, data sheet": 16 * TB,
}
print(f"{'':32s}{'yours':>12s}{'JUPITER node':>16s}")
print(f"{'CPU cores':32s}{card.cores:12d}{4 * 72:16d}")
print(f"{'memory of CPUs, GB':32s}{card.memory / GB:12.0f}{4 * 120:16d}")
print(f"{'memory of GPUs, GB':32s}{'-':>12s}{4 * 96:16d}")
for name, rate in bandwidths.items():
    print(f"{name:32s}{rate / GB:12,.0f} GB/s")
many.reveal(16 * TB / card.bandwidth)

# %%
fig, ax = figure("Memory bandwidth", "GB/s", "", (7.0, 3.4))
bars = ax.barh(range(len(bandwidths)), np.array([*bandwidths.values()]) / GB, height=0.35)
bars[0].set_hatch("//")
for row, (name, rate) in enumerate(bandwidths.items()):
    ax.text(1.1, row - 0.25, f"{name}: {rate / GB:,.0f} GB/s", va="bottom")
ax.set(xscale="log", xlim=(1, 4e4), yticks=[], ylim=(len(bandwidths) - 0.6, -0.8))
words = "; ".join(f"{name}: {rate / GB:,.0f} GB/s" for name, rate in bandwidths.items())
words += f". Four GPUs' data sheets are {16 * TB / card.bandwidth:.0f} times your machine."
show(fig, text=words)

# %% [markdown]
# A number without its machine, its warm-up and its interval is an anecdote. Now write the
# instrument yourself: [the exercise](../lessons/honest-timing) has a fake clock that knows the
# truth.
