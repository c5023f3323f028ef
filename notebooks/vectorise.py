# %% [markdown]
# # Temporaries are traffic: the demo
#
# One expression, six ways to compute it, and the bytes that each of them moves. Every measurement
# below is of *your* machine. Before each one you are asked for a guess: change the number in the
# cell, then run it.
#
# The expression combines the four slopes of a Runge–Kutta step. If you train models, read it as
# any weighted sum of five arrays: averaged checkpoints, or an optimiser's state.

# %%
import os
import time
import tracemalloc

# Idle threads sleep and do not spin; read when Numba starts its threads.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np
from numba import get_num_threads, njit, prange

from hpclab import compare, predict
from hpclab.plot import figure, show


def numpy_line(u, k1, k2, k3, k4, h):
    return u + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def python_loop(u, k1, k2, k3, k4, h, out):
    for i in range(u.size):
        out[i] = u[i] + h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i])


njit_loop = njit(python_loop)  # the same text, compiled


@njit(parallel=True)
def prange_loop(u, k1, k2, k3, k4, h, out):
    for i in prange(u.size):
        out[i] = u[i] + h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i])


# %% [markdown]
# ## Count before you time
#
# NumPy knows nothing of your line as a whole. It runs one operation after the other, and each one
# reads whole arrays and writes a whole array. This class writes down which.
#
# **Guess:** how many times does the line read or write a whole array? The loop does it six times:
# five reads, one write.

# %%
passes = predict(
    "How many array passes does the NumPy line make?",
    6,  # <- your guess
    unit="passes",
)


# %%
log = []


class Counted(np.ndarray):
    """An array that logs what each operation on it reads and writes."""

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        read = sum(isinstance(x, np.ndarray) for x in inputs)
        log.append((ufunc.__name__, read, ufunc.nout))
        plain = [np.asarray(x) for x in inputs]
        return getattr(ufunc, method)(*plain, **kwargs).view(Counted)


small = [np.ones(4).view(Counted) for _ in range(5)]
numpy_line(*small, 0.1)
for name, read, written in log:
    print(f"{name:10s} reads {read}, writes {written}")
numpy_passes = sum(read + written for _, read, written in log)
passes.reveal(numpy_passes)

# %% [markdown]
# Eight bytes an element and a pass: the line asks for 18 × 8 = 144 bytes an element, the loop for
# 6 × 8 = 48. The arithmetic is the same 7 operations.
#
# ## Warm up, and keep it out of the race
#
# The first call of an `njit` function compiles it. That is worth knowing, and it is not what we
# want to compare.

# %%
n = 5_120_000
rng = np.random.default_rng(1)
u, k1, k2, k3, k4 = (rng.random(n) for _ in range(5))
args = (u, k1, k2, k3, k4, 0.1)
out, spare = np.zeros(n), np.zeros(n)

for name, loop in (("njit", njit_loop), ("prange", prange_loop)):
    for call in ("first call, compiles", "second call"):
        start = time.perf_counter()
        loop(*args, out)
        seconds = time.perf_counter() - start
        print(f"{name:7s} {call:21s} {seconds:7.3f} s")

# %% [markdown]
# ## The race
#
# Between the NumPy line and the loop stand two more ways to use NumPy:
#
# - **`out=`** makes the same 18 passes into two arrays that are there already, so the operating
#   system need not hand out new memory;
# - **blocks** does just that too, 8,000 elements at a time, so that what one operation writes is
#   still in cache when the next one reads it.


# %%
def numpy_out(u, k1, k2, k3, k4, h, out, spare):
    np.multiply(k2, 2, out=out)
    np.add(k1, out, out=out)
    np.multiply(k3, 2, out=spare)
    np.add(out, spare, out=out)
    np.add(out, k4, out=out)
    np.multiply(out, h / 6, out=out)
    np.add(u, out, out=out)


def numpy_blocks(u, k1, k2, k3, k4, h, out, spare):
    for start in range(0, u.size, spare.size):
        b = slice(start, start + spare.size)
        part = (u[b], k1[b], k2[b], k3[b], k4[b])
        numpy_out(*part, h, out[b], spare)


# %% [markdown]
# `compare` calls the functions in turn, in an order drawn anew for each round, so that a machine
# that grows busy slows them all alike. `medians` takes the seconds a call out of what it found.


# %%
def medians(calls, rounds=9):
    found = compare(calls, rounds=rounds)
    return {name: seconds.median for name, seconds in found.seconds.items()}


# %% [markdown]
# **Guess:** how many times as fast as the NumPy line is the compiled loop? Both run on one core.

# %%
guess = predict(
    "How many times as fast as NumPy is the njit loop?",
    1,  # <- your guess
    unit="x",
)

# %%
block = np.zeros(8_000)
calls = {
    "NumPy": lambda: numpy_line(*args),
    "NumPy, out=": lambda: numpy_out(*args, out, spare),
    "NumPy, blocks": lambda: numpy_blocks(*args, out, block),
    "njit loop": lambda: njit_loop(*args, out),
    f"prange, {get_num_threads()} threads": lambda: prange_loop(*args, out),
}
want = numpy_line(*args)
for call in list(calls.values())[1:]:  # equal work, equal numbers
    out[:] = np.nan
    call()
    np.testing.assert_allclose(out, want, rtol=1e-14)

# The Python loop is timed on fewer elements, and compared by the element.
few = 20_000
start = time.perf_counter()
python_loop(*(x[:few] for x in args[:5]), 0.1, out[:few])
python = (time.perf_counter() - start) / few * n
seconds = {"Python loop": python, **medians(calls)}
for name, s in seconds.items():
    print(f"{name:20s} {s / n * 1e9:8.2f} ns an element")
guess.reveal(seconds["NumPy"] / seconds["njit loop"])

# %% tags=["hide-input"]
speed = {name: seconds["NumPy"] / s for name, s in seconds.items()}
title = f"The same {n:,} numbers, six ways"
fig, ax = figure(title, "times as fast as the NumPy line", "", size=(7, 3.8))
ink = ax.xaxis.label.get_color()
ax.set_axisbelow(True)
ax.barh(list(speed), list(speed.values()), height=0.6, label="measured here")
for row, value in enumerate(speed.values()):
    ax.text(value + 0.04, row, f"{value:.2g}", va="center", color=ink)
expected = numpy_passes / 6
ax.axvline(expected, linestyle=":", color=ink, label=f"njit loop by counting: {expected:.2g} x")
guess.mark(ax, axis="x")
ax.invert_yaxis()
ax.set_xlim(0, 1.7 * max(*speed.values(), expected))
words = ", ".join(f"{name} {value:.2g}" for name, value in speed.items())
words += f". Counting passes says {expected:.2g} for njit; your guess was {guess.guess:.2g}."
show(fig, text=f"Times as fast as the NumPy line: {words}")

# %% [markdown]
# The dotted line is what counting passes predicts. A bar beyond it says that the NumPy line pays
# for more than its passes: each temporary is new memory, and new memory has to be found and zeroed.
#
# ## Memory: what the temporaries take
#
# `tracemalloc` knows every buffer that NumPy holds.
#
# **Guess:** how many whole arrays does the NumPy line hold at its peak, its result included?

# %%
held = predict(
    "How many arrays does the NumPy line hold at its peak?",
    7,  # <- your guess
    unit="arrays",
)


# %%
def peak_arrays(call):
    tracemalloc.start()
    call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / out.nbytes


for name in ("NumPy", "NumPy, out=", "njit loop"):
    print(f"{name:12s} {peak_arrays(calls[name]):.2f} arrays")
held.reveal(peak_arrays(calls["NumPy"]))

# %% [markdown]
# Seven operations, but two arrays and not seven: where a temporary has no other owner, NumPy
# writes the next result over it. That saves memory. It does not save a single pass.
#
# ## A write is also a read
#
# To write part of a cache line (64 bytes on most machines), a core first fetches the line:
# *write-allocate*. So `z[i] = a * x[i] + y[i]` counts 24 bytes an element and moves 32. We cannot
# see the wires, but we can time kernels that write a different share, and ask which way of
# counting gives *one* bandwidth.


# %%
@njit
def fill(a, x, y, z):
    for i in range(z.size):
        z[i] = a


@njit
def scale(a, x, y, z):
    for i in range(z.size):
        z[i] = a * x[i]


@njit
def triad(a, x, y, z):
    for i in range(z.size):
        z[i] = a * x[i] + y[i]


streams = {
    "fill": lambda: fill(0.5, k1, k2, out),
    "scale": lambda: scale(0.5, k1, k2, out),
    "triad": lambda: triad(0.5, k1, k2, out),
    "combine": calls["njit loop"],
}
counted = {"fill": 8, "scale": 16, "triad": 24, "combine": 48}
moved = {name: size + 8 for name, size in counted.items()}  # one fetch
streamed = medians(streams)


def rates(sizes):
    """GB/s of each loop, if it moves so many bytes an element."""
    return {name: sizes[name] * n / s / 1e9 for name, s in streamed.items()}


def spread(sizes):
    return max(rates(sizes).values()) / min(rates(sizes).values())


by_count, by_move = rates(counted), rates(moved)
print("GB/s          counted    moved")
for name in streams:
    print(f"{name:12s} {by_count[name]:8.1f} {by_move[name]:8.1f}")
print(f"max / min    {spread(counted):8.2f} {spread(moved):8.2f}")

# %% [markdown]
# Where the right-hand column agrees better (a smaller max / min), your core write-allocates. Where
# the left-hand one does, it has a way round: some Arm cores see that a whole line will be
# overwritten, and recent Intel ones do so when memory is busy.
#
# With that, the law can be drawn: time ≥ bytes moved / bandwidth.

# %% tags=["hide-input"]
B = max(rates(moved).values()) * 1e9
points = {name: (moved[name], s / n * 1e9) for name, s in streamed.items()}
for name in ("NumPy", "NumPy, out=", "NumPy, blocks"):
    # 18 passes, and two of the arrays written had to be fetched first
    points[name] = (18 * 8 + 2 * 8, seconds[name] / n * 1e9)
title, xlabel = "Time follows traffic", "bytes moved an element, if none stays in cache"
fig, ax = figure(title, xlabel, "ns an element")
ink = ax.xaxis.label.get_color()
xs = np.array([0, 180])
ax.plot(xs, xs / B * 1e9, marker="", label=f"bytes / B, with B = {B / 1e9:.1f} GB/s")
ax.plot(*zip(*points.values(), strict=True), linestyle="", marker="o", label="measured here")
for name, (x, y) in points.items():
    ax.text(x + 3, y, name, va="top", color=ink)
ax.set(xlim=(0, 210), ylim=(0, None))
words = "; ".join(f"{name}: {x} bytes, {y:.2f} ns" for name, (x, y) in points.items())
show(fig, text=f"Time an element over bytes moved an element. {words}. Line: {B / 1e9:.1f} GB/s.")

# %% [markdown]
# Three points share one place on the axis, because they make the same 18 passes.
#
# - *NumPy, blocks* lies below the line: most of its passes never reach memory. **Bytes cost where
#   they move**; this is what breaks the simple count.
# - *NumPy* tends to lie above *out=*: each new temporary comes in pages that the operating system
#   must find and fill with zeros first.
#
# ## What breaks it: size
#
# **Guess:** for 100 elements, how many times as fast as the NumPy line is `prange`?

# %%
tiny = predict(
    "For 100 elements, how many times as fast as NumPy is prange?",
    3,  # <- your guess
    unit="x",
)

# %%
ladder = {"NumPy": [], "njit loop": [], "prange": []}
sizes = [100, 1_000, 10_000, 100_000, 1_000_000, n]
for m in sizes:
    a = [x[:m] for x in (u, k1, k2, k3, k4)]
    o = out[:m]
    race = {
        "NumPy": lambda a=a: numpy_line(*a, 0.1),
        "njit loop": lambda a=a, o=o: njit_loop(*a, 0.1, o),
        "prange": lambda a=a, o=o: prange_loop(*a, 0.1, o),
    }
    for name, s in medians(race, rounds=7).items():
        ladder[name].append(s / m * 1e9)
tiny.reveal(ladder["NumPy"][0] / ladder["prange"][0])

# %% tags=["hide-input"]
fig, ax = figure("Overhead, cache, memory", "elements", "ns an element")
for name, values in ladder.items():
    ax.loglog(sizes, values, label=name)
words = "; ".join(
    f"{name}: " + ", ".join(f"{v:.2g} ns at {m:,}" for m, v in zip(sizes, values, strict=True))
    for name, values in ladder.items()
)
show(fig, text=f"Nanoseconds an element over the number of elements. {words}.")

# %% [markdown]
# Read it from left to right. **Overhead**: with 100 elements you time calls, not arithmetic;
# waking threads costs more than the work. **Cache**: in the middle even NumPy's 18 passes are
# cheap; compare its lowest point with the compiled loop at the right end. **Memory**: at the
# right, bytes decide.
#
# ## What breaks it: arithmetic
#
# The sigmoid takes NumPy 8 passes with `out=`, and a loop 2. **Guess** the speed-up of the loop.

# %%
sigmoid_guess = predict(
    "How many times as fast as NumPy is a sigmoid loop?",
    4,  # <- your guess
    unit="x",
)


# %%
@njit
def sigmoid_loop(x, out):
    for i in range(x.size):
        out[i] = 1 / (1 + np.exp(-x[i]))


def sigmoid_numpy(x, out):
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=out)
    np.divide(1, out, out=out)


x32 = rng.standard_normal(n).astype(np.float32)
a32, b32 = np.zeros_like(x32), np.zeros_like(x32)
sigmoid_numpy(x32, a32)
sigmoid_loop(x32, b32)
np.testing.assert_allclose(a32, b32, rtol=1e-5)
race = compare({"NumPy": sigmoid_numpy, "njit loop": sigmoid_loop}, x32, b32, rounds=9)
sigmoid_guess.reveal(race.speed_ups["njit loop"].median)
race

# %% [markdown]
# The law says *at least*: time ≥ bytes / bandwidth. An exponential takes longer than its bytes
# do, and NumPy may bring a better one (many at a time, in vector registers) than your compiled
# loop calls. Count the bytes first; then ask whether bytes are what you wait for.
#
# The last figure is how `compare` itself shows what it measured. Use it for your own work.
