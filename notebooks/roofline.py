# %% [markdown]
# # Under the roof: the demo
#
# How fast could a kernel be, at most? Two numbers of the machine and two of the kernel say it.
# Every measurement below is of *your* machine. Before each one you are asked for a guess: change
# the number in the cell, then run it.

# %%
import os

# Idle threads sleep and do not spin; and NumPy's products use one core, as everything below does.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from numba import njit

from hpclab import machine, predict, roofline
from hpclab.count.cache import cache_misses
from hpclab.count.llvm import operations
from hpclab.measure.bench import time_calls
from hpclab.measure.intervals import median_interval
from hpclab.plot import figure, show

# %% [markdown]
# ## Two numbers of the machine
#
# *Peak*: what it computes when no operand is waited for. *Bandwidth*: what its memory delivers when
# nothing is computed that counts. Both are measured here, each as a median with its 95 % interval.
# Their ratio is the **ridge**: so many flop a byte are needed before arithmetic is what you wait
# for.
#
# **Guess:** how many flop can one core of yours make in the time in which it moves one `float64`?

# %%
ridge_guess = predict(
    "How many flop in the time of moving one float64, on one core?",
    2,  # <- your guess
    unit="flop",
)

# %%
card = machine()  # takes about 3 s
card

# %%
core = card.one_core
for group in [card.one_core, card.all_cores][: card.cores]:  # one line where there is one core
    least, most = (group.flops.interval[i] / group.update.interval[1 - i] for i in (0, 1))
    middle = group.flops.median / group.update.median
    print(f"{group.cores} core(s): ridge {middle:.2f} flop/byte ({least:.2f} to {most:.2f})")
ridge_guess.reveal(8 * core.flops.median / core.update.median)

# %% [markdown]
# ## Arithmetic for nothing
#
# A polynomial of degree K, by Horner's rule, written out: `y[i] = c`, then K times `* x[i] + c`.
# That makes 2 K flop an element, and the same 16 bytes whatever K is: `x[i]` in, `y[i]` out.
#
# **Guess:** degree 16 makes 16 times the flop of degree 1. How many times as long does it take, on
# one core and for arrays far larger than its caches?

# %%
longer = predict(
    "How many times as long does degree 16 take as degree 1?",
    16,  # <- your guess
    unit="x",
)


# %%
def polynomial(degree, chains=1):
    """Horner's rule in `chains` separate parts, whose sum is taken in the end."""
    lines = ["def polynomial(x, y):", "    for i in range(x.size):"]
    lines += [f"        r{c} = 0.5" for c in range(chains)]
    for step in range(degree):
        c = step % chains
        lines += [f"        r{c} = r{c} * x[i] + 0.{c + 1}"]
    lines += ["        y[i] = " + " + ".join(f"r{c}" for c in range(chains))]
    space = {}
    exec("\n".join(lines), space)
    return njit(fastmath={"contract"})(space["polynomial"])  # may join * and + into one step


n = 8_000_000  # 64 MB an array
rng = np.random.default_rng(1)
x, y, z = rng.random(n), rng.random(n), np.zeros(n)

degrees = (1, 2, 4, 8, 16, 32, 64, 128)
forms = {degree: polynomial(degree) for degree in degrees}
some = slice(4_096)
print("degree   flop   bytes loaded and stored, an element: counted in the compiled code")
flops = {}
for degree, form in forms.items():
    found = operations(form, x[some], z[some])
    flops[degree] = found.flops / 4_096
    loaded, stored = found.bytes_loaded / 4_096, found.bytes_stored / 4_096
    print(f"{degree:6} {flops[degree]:6.0f} {loaded:10.0f} {stored:10.0f}")


# %%
def timed(calls, rounds=7):
    """Seconds a call by name, as (median, low, high) with a 95 % interval."""
    found = {}
    for name, timing in time_calls(calls, rounds).items():
        low, high, _ = median_interval(timing.wall)
        found[name] = (float(np.median(timing.wall)), low, high)
    return found


def plain_numbers(ax):
    """Powers of ten along both axes, written as plain numbers."""
    ax.set(xscale="log", yscale="log")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,.10g}")
        axis.set_minor_formatter(lambda value, _: "")


@njit
def update(x, z):  # reads what it writes: the 24 bytes an element that it counts are those it moves
    for i in range(z.size):
        z[i] += 1e-9 * x[i]


sweep = {d: (lambda form=form: form(x, z)) for d, form in forms.items()}
swept = timed({**sweep, "update": lambda: update(x, z)})
memory = 24 * n / swept.pop("update")[0]  # byte/s, measured in turns with the polynomials
print("degree      ms (95 % interval)   Gflop/s")
for degree, (s, low, high) in swept.items():
    rate = flops[degree] * n / s / 1e9
    print(f"{degree:6} {s * 1e3:7.1f} ({low * 1e3:.1f} to {high * 1e3:.1f}) {rate:9.2f}")
longer.reveal(swept[16][0] / swept[1][0])

# %% tags=["hide-input"]
title = "The same bytes, more and more arithmetic"
fig, ax = figure(title, "degree of the polynomial", "times as long as degree 1")
first = swept[1][0]
times = [s / first for s, _, _ in swept.values()]
ax.plot(degrees, times, label="measured here")
ax.plot(degrees, degrees, label="if flop decided", marker="")
plain_numbers(ax)
longer.mark(ax)
words = ", ".join(f"degree {d}: {t:.2f}" for d, t in zip(degrees, times, strict=True))
show(fig, text=f"Times as long as degree 1: {words}. Your guess for 16: {longer.guess:g}.")

# %% [markdown]
# ## 16 bytes counted, 24 moved
#
# Where the curve is flat, the loop waits for memory, and its bytes a second should be the memory's
# bandwidth. That was measured in the same rounds, with a loop that reads what it writes.
#
# **Guess:** what share of this bandwidth do the 16 counted bytes of degree 1 make?

# %%
share_guess = predict(
    "What share of the bandwidth do the counted bytes make?",
    100,  # <- your guess
    unit="%",
)

# %%
for size in (16, 24):
    rate = size * n / first
    print(f"{size} bytes an element: {rate / 1e9:6.2f} GB/s, {rate / memory:.0%} of the bandwidth")
share_guess.reveal(100 * 16 * n / first / memory)

# %% [markdown]
# On most cores the 24 come near and the 16 fall short: before eight bytes of `y` are written, the
# line around them is fetched. This is **write-allocate**. (Some cores know a way round; then the 16
# fit.) The simulated cache sees it too: count the lines that one call fetches, and add what is
# written back.


# %%
def moved(function, args, written):
    """Bytes between a small simulated cache and memory, for each byte of the arguments' arrays."""
    fetched = 64 * cache_misses(function, *args).misses[-1]
    back = args[written].nbytes if written is not None else 0
    return (fetched + back) / sum(array.nbytes for array in args)


part = slice(80_000)
print(f"{16 * moved(forms[1], (x[part], z[part]), 1):.1f} bytes an element")

# %% [markdown]
# ## Six kernels under the roof
#
# For each kernel the flop are counted in its compiled code, and its bytes in the simulated cache.
# Counted *at the core* the bytes are others: `cells` loads four numbers for each result, and three
# of them have been loaded before.


# %%
@njit
def scale(x, z):
    for i in range(x.size):
        z[i] = 0.5 * x[i]


@njit
def dot_in_order(x, y):
    total = 0.0
    for i in range(x.size):
        total += x[i] * y[i]
    return total


dot = njit(fastmath=True)(dot_in_order.py_func)  # may add in any order


@njit
def cells(u, out):
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = 0.25 * (u[i, j] + u[i, j + 1] + u[i + 1, j] + u[i + 1, j + 1])


@njit(fastmath=True)
def matvec(a, x, y):
    for i in range(a.shape[0]):
        total = 0.0
        for j in range(a.shape[1]):
            total += a[i, j] * x[j]
        y[i] = total


@njit(fastmath={"contract"})
def matmul(a, b, c):
    for i in range(a.shape[0]):
        c[i] = 0.0
        for m in range(a.shape[1]):
            for j in range(b.shape[1]):
                c[i, j] += a[i, m] * b[m, j]


def kernels(n, side, edge):
    """Name: (function, arguments, which of them is written)."""
    a, b = (v[: side * side].reshape(side, side) for v in (x, z))
    p, q, r = (v[: edge * edge].reshape(edge, edge) for v in (x, y, z))
    return {
        "scale": (scale, (x[:n], z[:n]), 1),
        "dot": (dot, (x[:n], y[:n]), None),
        "cells": (cells, (a, b[:-1, :-1]), 1),
        "matvec": (matvec, (a, y[:side], z[:side]), 2),
        "degree 16": (forms[16], (x[:n], z[:n]), 1),
        "matmul": (matmul, (p, q, r), 2),
    }


# %% [markdown]
# **Guess:** which intensity has the product of two 512 × 512 matrices, counted from memory?

# %%
matmul_guess = predict(
    "Flop a byte of a 512 x 512 matmul, from memory?",
    1,  # <- your guess
    unit="flop/byte",
)

# %%
large = kernels(n, 2_828, 512)
small = kernels(80_000, 300, 96)
seconds = timed({name: (lambda f=f, a=a: f(*a)) for name, (f, a, _) in large.items()})
points = {}
print("           flop/byte at the core   from memory    Gflop/s (95 % interval)")
for name, (function, args, written) in large.items():
    found = operations(function, *args)
    size = moved(function, small[name][1], written) * sum(array.nbytes for array in args)
    points[name] = (found.flops, size, seconds[name][0])
    at_core = found.flops / (found.bytes_loaded + found.bytes_stored)
    rate, most, least = (found.flops / s / 1e9 for s in seconds[name])
    line = f"{name:10} {at_core:20.3f} {found.flops / size:13.3f}"
    print(f"{line} {rate:10.2f} ({least:.2f} to {most:.2f})")
matmul_guess.reveal(points["matmul"][0] / points["matmul"][1])

# %%
roof = (core.peak, max(core.bandwidth, memory))  # a card made in a busy moment may be too low
roofline(points, roof)

# %% [markdown]
# A point on the slope is as fast as memory lets it be: only fewer bytes will help. A point far
# below both roofs waits for something that is not in the law. `matmul` is one: its operands come
# from cache, and each of its flop loads and stores more than memory ever sees. The exercise has you
# mend that, by counting.
#
# ## What breaks it: data that never leave the cache
#
# `triad` moves 32 bytes for 2 flop, so the roof over it is bandwidth / 16. **Guess:** how many
# times as fast as that roof is it with arrays of 10,000 elements, 240 kB in all?

# %%
over = predict(
    "How many times the roof with 10,000 elements?",
    1,  # <- your guess
    unit="x",
)


# %%
@njit
def triad(x, y, z):
    for i in range(x.size):
        z[i] = x[i] + 0.5 * y[i]


sizes = (1_000, 10_000, 40_000, 200_000, 1_000_000, n)
runs = timed({m: (lambda m=m: triad(x[:m], y[:m], z[:m])) for m in sizes})
over_triad = roof[1] * 2 / 32
beaten = [2 * m / runs[m][0] / over_triad for m in sizes]
over.reveal(beaten[1])

# %% tags=["hide-input"]
fig, ax = figure("One kernel, one intensity, one roof", "elements", "times the roof of memory")
ax.plot(sizes, beaten, label="triad, measured here")
plain_numbers(ax)
ax.set(yscale="linear", ylim=(0, None))
ax.axhline(1, linestyle=":", color=ax.xaxis.label.get_color(), label="roof of memory")
over.mark(ax)
words = ", ".join(f"{m:,} elements {b:.2f}" for m, b in zip(sizes, beaten, strict=True))
show(fig, text=f"Speed of triad as a multiple of the roof at 1/16 flop/byte: {words}.")

# %% [markdown]
# Nothing is wrong with the measurement. The law counts bytes *from memory*, and small arrays do not
# come from there: each cache has a slope of its own, above. (At the left end calling the function
# takes longer than its 1,000 elements.)
#
# ## What breaks it: waiting for yourself
#
# In Horner's rule each step needs the one before. So does a sum that keeps its order. **Guess:**
# how many times as fast is degree 64 in four separate chains, with three more flop?

# %%
chained = predict(
    "How many times as fast are four chains?",
    1,  # <- your guess
    unit="x",
)

# %%
four = polynomial(64, chains=4)
waits = timed(
    {
        "degree 64": lambda: forms[64](x, z),
        "degree 64, four chains": lambda: four(x, z),
        "dot": lambda: dot(x, y),
        "dot, in order": lambda: dot_in_order(x, y),
    }
)
for name, (s, low, high) in waits.items():
    print(f"{name:24} {s * 1e3:6.1f} ms ({low * 1e3:.1f} to {high * 1e3:.1f})")
chained.reveal(waits["degree 64"][0] / waits["degree 64, four chains"][0])

# %% [markdown]
# A roof is what nothing exceeds; it is not what you get. Below the peak lie lower ceilings: one for
# code that waits for its own results, one for code without vectors or fused multiply-adds.
#
# ## A transformer under the same roof
#
# A linear layer of width d takes n tokens: (n × d) times (d × d). One token at a time (*decode*,
# what a chatbot does) is a matrix-vector product. Many at once (*prefill*, and training) is a
# matrix product. Attention has a table of keys and values for each sequence. Here in `float32`, of
# which a core computes twice as many at a time; so the peak is doubled.
#
# **Guess:** how many times as long as 1 token do 16 tokens take, in one layer?

# %%
tokens_guess = predict(
    "How many times as long do 16 tokens take as one?",
    16,  # <- your guess
    unit="x",
)

# %%
d, heads, width, context = 2_048, 32, 64, 2_048
f4 = np.float32
weights = [rng.standard_normal((d, d), dtype=f4) for _ in range(6)]  # 17 MB each
shape = (heads, context, width)
kept = [[rng.standard_normal(shape, dtype=f4) * f4(0.1) for _ in "kv"] for _ in range(3)]
query = rng.standard_normal((heads, 1, width), dtype=f4)
prompt = [rng.standard_normal((4, 1_024, width), dtype=f4) * f4(0.1) for _ in "qkv"]


def attend(queries, keys, values):
    """Attention of some heads, unfused: the scores go to memory and come back."""
    scores = keys @ queries.transpose(0, 2, 1)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    return scores.transpose(0, 2, 1) @ values


def layer(n, layers):
    """What is run, its flop and its bytes; several layers, so that weights come from memory."""
    tokens = rng.standard_normal((n, d), dtype=f4)
    size = layers * 4 * (d * d + 2 * n * d)
    return lambda: [tokens @ w for w in weights[:layers]], layers * 2 * n * d * d, size


steps = {
    "layer, 1 token": layer(1, 6),
    "layer, 16 tokens": layer(16, 6),
    "layer, 256 tokens": layer(256, 2),
    "attention, decode": (
        lambda: [attend(query, *pair) for pair in kept],
        3 * 4 * context * d,
        3 * 4 * (2 * context * d + 2 * d),
    ),
    "attention, prefill": (
        lambda: attend(*prompt),
        4 * 4 * 1_024**2 * width,
        4 * 4 * (4 * 1_024 * width + 4 * 1_024**2),
    ),
}
took = timed({name: call for name, (call, _, _) in steps.items()})
placed = {name: (flop, size, took[name][0]) for name, (_, flop, size) in steps.items()}
for name, (flop, size, s) in placed.items():
    print(f"{name:20} {flop / size:7.2f} flop/byte {s * 1e3:8.1f} ms {flop / s / 1e9:8.1f} Gflop/s")
tokens_guess.reveal(took["layer, 16 tokens"][0] / took["layer, 1 token"][0])

# %%
roofline(placed, (2 * roof[0], roof[1]))

# %% [markdown]
# The layer climbs with its tokens. By its bytes, 16 tokens should take hardly longer than one: how
# far from that are you? Libraries are made for large matrices, and copy the weights into another
# order before they use them; for 16 tokens that costs more than the product.
#
# Attention in decode does not climb: a second sequence brings keys and values of its own. (Its flop
# and bytes are those of the two products; the exponentials are left out. The scores of the prefill
# are written, read and written by the softmax, and read: unfused.)
#
# ## The same sums for an accelerator
#
# No measurement here: 989.4 Tflop/s in bf16 and 3.35 TB/s are what is printed of an H100 (third
# party: check with the site). The points stand where the law allows them to stand, with d = 4,096
# and 2 bytes a number.

# %%
peak, bandwidth = 989.4e12, 3.35e12


def layer_intensity(n, d=4_096):
    """Flop a byte of n tokens in a layer of width d, 2 bytes a number."""
    return 2 * n * d * d / (2 * (d * d + 2 * n * d))


def attention_intensity(queries, length=4_096, width=128, through_memory=0):
    """The same of one head whose scores pass so many times through memory."""
    numbers = 2 * length * width + 2 * queries * width + through_memory * queries * length
    return 4 * queries * length * width / (2 * numbers)


stands = {
    "layer, 1 token": layer_intensity(1),
    "attention, decode": attention_intensity(1),
    "layer, 64 tokens": layer_intensity(64),
    "attention, prefill, unfused": attention_intensity(4_096, through_memory=4),
    "layer, 512 tokens": layer_intensity(512),
    "attention, prefill, fused": attention_intensity(4_096),
}
title, xlabel = "Where the law lets them stand", "arithmetic intensity in flop/byte"
fig, ax = figure(title, xlabel, "Tflop/s", size=(7, 4.4))
ink = ax.xaxis.label.get_color()
plain_numbers(ax)
ends = np.array([0.3, peak / bandwidth, 20_000])
ax.plot(ends, np.minimum(peak, bandwidth * ends) / 1e12, marker="", label="roof of one accelerator")
words = []
for row, (name, x) in enumerate(stands.items()):
    y = min(peak, bandwidth * x) / 1e12
    ax.plot(x, y, "osD^vP"[row], color=ink)
    ax.annotate(name, (x, y), xytext=(9, -12 - 15 * (row % 2)), textcoords="offset points")
    words.append(f"{name}: {x:,.4g} flop/byte, at most {y:,.3g} Tflop/s")
ax.set_ylim(0.5, 3_000)
show(fig, text=f"Ridge at {peak / bandwidth:.0f} flop/byte. {'; '.join(words)}.")

# %% [markdown]
# Read it from the left. One token at a time uses a third of a percent of what was paid for. A batch
# lifts the layers; fusing lifts the prefill's attention; and decode's attention stays where it is.
