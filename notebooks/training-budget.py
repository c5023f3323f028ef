# %% [markdown]
# # What does a model cost? The demo
#
# First *your* machine: what it could do, what training makes of it, and how many years it would
# need. Then the same few lines against published runs, against a memory, and at supercomputers;
# and at the end the outline of a request for computing time, filled in. Before each answer you are
# asked for a guess: change the number in the cell, then run it.

# %%
import math
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core; read when NumPy is imported

import numpy as np

from hpclab import predict
from hpclab.plot import figure, show
from hpclab.sites.site import site, sites

rng = np.random.default_rng(1)

# %% [markdown]
# ## Your machine: peak, and what training makes of it
#
# The *peak* of an accelerator stands on its data sheet. For one core of your CPU we take the best
# rate of a large matrix product in `float32`. Then we train: two layers, width → 4 width → width,
# with all that a step needs: forward, backward, update. They have `8 * width**2` parameters, so a
# step on 256 tokens counts as `6 * parameters * 256` flop, whatever else it does. That, over the
# time, over the peak, is the *model flop utilisation*, MFU. (Time is CPU time: other work on your
# machine does not count.)
#
# **Guess:** what is the MFU of a model 64 numbers wide?

# %%
guess = predict(
    "MFU of two layers, 64 wide, on this machine?",
    50,  # <- your guess
    unit="%",
)


# %%
def normal(*shape):
    return rng.standard_normal(shape, dtype=np.float32)


def train_step(x, wanted, up, down):
    """Forward, backward and update, by hand; returns the gradient for a layer below."""
    hidden = np.maximum(x @ up, 0)
    error = (hidden @ down - wanted) / x.shape[0]
    d_down = hidden.T @ error
    d_hidden = (error @ down.T) * (hidden > 0)
    d_up = x.T @ d_hidden
    up -= 1e-3 * d_up
    down -= 1e-3 * d_down
    return d_hidden @ up.T


TOKENS = 256
WIDTHS = [16, 32, 64, 128, 256, 512]
large = normal(768, 768)
work = {"peak": (lambda: large @ large, 2 * 768**3)}  # what to call, and its flop
for width in WIDTHS:
    a = normal(TOKENS, width), normal(TOKENS, width)
    w = normal(width, 4 * width) / width**0.5, normal(4 * width, width) / (4 * width) ** 0.5
    work[width] = (lambda a=a, w=w: train_step(*a, *w), 6 * 8 * width**2 * TOKENS)

best = dict.fromkeys(work, math.inf)
for _ in range(15):  # in turns
    for name, (call, flop) in work.items():
        repeats = max(1, int(2e8 / flop))
        start = time.process_time()
        for _ in range(repeats):
            call()
        best[name] = min(best[name], (time.process_time() - start) / repeats)

my_peak = work["peak"][1] / best["peak"]
mfu = {width: work[width][1] / best[width] / my_peak for width in WIDTHS}
print(f"peak: {my_peak / 1e9:.0f} Gflop/s of one core (float32)")
guess.reveal(100 * mfu[64])

# %% tags=["hide-input"]
published = {"LLaMA 65B": 47.6, "PaLM 540B": 46.2, "Llama 3 405B": 41.0}
fig, ax = figure("Narrow models waste a machine", "width of a layer", "MFU (%)")
ink = ax.xaxis.label.get_color()
ax.semilogx(WIDTHS, [100 * mfu[w] for w in WIDTHS], base=2, label="this machine")
ax.set_xticks(WIDTHS, [str(w) for w in WIDTHS])
low, high = min(published.values()), max(published.values())
ax.axhspan(low, high, alpha=0.2, color=ink, label=f"published: {low:.0f} to {high:.0f} %")
guess.mark(ax)
ax.set_ylim(0, None)
words = ", ".join(f"{100 * mfu[w]:.0f} % at {w}" for w in WIDTHS)
show(fig, text=f"MFU over width on this machine: {words}. Published large runs: 41 to 48 %.")

# %% [markdown]
# A narrow layer spends its time on calls and on memory, a wide one on arithmetic. MFU is a
# property of *your code on that machine*, never of the machine alone: measure it before you ask
# for a budget.
#
# ## How long would it take here?
#
# LLaMA's largest model: 65.2e9 parameters, 1.4e12 tokens. **Guess** the years on that core, at the
# best MFU above.

# %%
years = predict(
    "Years to train LLaMA 65B on one core of this machine?",
    100,  # <- your guess
    unit="years",
)

# %%
flop = 6 * 65.2e9 * 1.4e12
mine = flop / (my_peak * min(1.0, max(mfu.values())))
years.reveal(mine / 3600 / 24 / 365)
print(f"{flop:.3g} flop. On 2,048 A100 it took 21 days.")

# %% [markdown]
# ## The same lines against published runs
#
# One number is taken from the LLaMA paper: 380 tokens a second and GPU for the largest model. It
# gives the MFU. With it we plan the *other* runs, and divide by what was reported.
#
# **Guess:** how far off, at worst, are the three smaller LLaMA models?

# %%
worst = predict(
    "Largest error for LLaMA 7B, 13B and 33B?",
    50,  # <- your guess
    unit="%",
)

# %%
A100, H100, TPU4 = 312e12, 989.4e12, 275e12  # dense bf16, flop/s
llama = 6 * 65.2e9 * 380 / A100
runs = {  # parameters, tokens, peak, MFU, hours of an accelerator as published
    "LLaMA 65B": (65.2e9, 1.4e12, A100, llama, 1_022_362),
    "LLaMA 33B": (32.5e9, 1.4e12, A100, llama, 530_432),
    "LLaMA 13B": (13.0e9, 1.0e12, A100, llama, 135_168),
    "LLaMA 7B": (6.7e9, 1.0e12, A100, llama, 82_432),
    "Llama 2 70B": (70e9, 2.0e12, A100, llama, 1_720_320),
    "Llama 2 13B": (13e9, 2.0e12, A100, llama, 368_640),
    "Llama 3 405B": (405e9, 15.6e12, H100, 0.41, 30_840_000),
    "PaLM 540B": (540e9, 780e9, TPU4, 0.462, 8_404_992),
}
ratio = {}
print(f"MFU of LLaMA 65B: {llama:.1%}\n\n{'':14}{'planned h':>12}{'published h':>13}{'off':>8}")
for name, (params, tokens, peak, share, reported) in runs.items():
    hours = 6 * params * tokens / (peak * share) / 3600
    ratio[name] = hours / reported
    print(f"{name:14}{hours:12,.0f}{reported:13,.0f}{ratio[name] - 1:+8.0%}")
worst.reveal(100 * max(abs(ratio[f"LLaMA {size}"] - 1) for size in ("7B", "13B", "33B")))

# %% tags=["hide-input"]
fig, ax = figure("Plan over report", "planned hours / published hours", "", size=(7.0, 4.2))
ink = ax.xaxis.label.get_color()
ax.axvspan(0.9, 1.1, alpha=0.2, color=ink, label="within 10 %")
inside = {name: r for name, r in ratio.items() if abs(r - 1) <= 0.1}
outside = {name: r for name, r in ratio.items() if name not in inside}
ax.plot(list(inside.values()), list(inside), "o", label="inside")
ax.plot(list(outside.values()), list(outside), "s", label="outside")
for name, r in ratio.items():
    ax.text(r + 0.015, name, f"{r:.2f}", va="center", color=ink)
ax.set_xlim(0.55, 1.25)
ax.invert_yaxis()
words = ", ".join(f"{name} {r:.2f}" for name, r in ratio.items())
show(fig, text=f"Planned over published hours: {words}. The band is 0.9 to 1.1.")

# %% [markdown]
# Three points lie far to the left. Llama 2 13B reached another MFU than LLaMA 65B. For PaLM and
# Llama 3 the MFU is the papers' own, and the hours are more all the same: PaLM's include "some
# downtime and repeated steps". **A plan is a floor.**
#
# ## Does it fit?
#
# 7e9 parameters in 32 layers, 4,096 wide, 32 heads. 16 bytes a parameter are shared by all
# accelerators; activations are not. **Guess:** how many accelerators of 64 GB does a sequence of
# 4,096 tokens need?

# %%
needed = predict(
    "Accelerators of 64 GB for 7e9 parameters and 4,096 tokens (0 = none is enough)?",
    4,  # <- your guess
    unit="accelerators",
)


# %%
def kept(sequence, how, layers=32, hidden=4096, heads=32):
    """Bytes of activations on one accelerator, one sequence: Korthikanti et al. 2022."""
    plain = sequence * hidden * 34
    all_of_it = plain + 5 * heads * sequence**2
    each = {"everything": all_of_it, "not attention": plain, "inputs only": 2 * sequence * hidden}
    return layers * each[how] + (all_of_it if how == "inputs only" else 0)


def at_least(sequence, how, memory=64e9, states=16 * 7e9):
    left = memory - kept(sequence, how)
    return math.ceil(states / left) if left > 0 else 0


for how in ("everything", "not attention", "inputs only"):
    counts = [f"{at_least(s, how) or 'none':>6}" for s in (2048, 4096, 8192)]
    print(f"keep {how:14} 2,048: {counts[0]}   4,096: {counts[1]}   8,192: {counts[2]}")
needed.reveal(at_least(4096, "everything"))

# %% tags=["hide-input"]
lengths = [512, 1024, 2048, 4096, 8192, 16384]
title, ylabel = "Activations are not shared", "GB on each accelerator"
fig, ax = figure(title, "tokens in a sequence", ylabel)
ink = ax.xaxis.label.get_color()
for how in ("everything", "not attention", "inputs only"):
    ax.loglog(lengths, [kept(s, how) / 1e9 for s in lengths], label=f"keep {how}")
for size, side in ((40, "top"), (64, "bottom")):
    ax.axhline(size, color=ink, linestyle=":", linewidth=1.2)
    ax.text(512, size, f"memory: {size} GB", color=ink, va=side)
ax.set_xticks(lengths, [f"{s:,}" for s in lengths])
ax.minorticks_off()
words = "; ".join(
    f"keep {how}: " + ", ".join(f"{kept(s, how) / 1e9:.3g} GB at {s:,}" for s in lengths)
    for how in ("everything", "not attention", "inputs only")
)
show(fig, text=f"Activations of one sequence over its length. {words}. Lines at 40 and 64 GB.")

# %% [markdown]
# Where a line is above a dotted one, *no* number of such accelerators is enough, until you
# recompute more, split the sequence, or use attention that does not keep its scores.
#
# ## At the sites
#
# Your model, and how you mean to train it. Change what you like; the MFU is an **assumption** until
# you have measured it, and the same one for all sites, which is not how it will be.

# %%
params, tokens = 7e9, 140e9  # 20 tokens a parameter
accelerators, assumed = 64, 0.40
price = None  # money for a unit of the site's bill, where you pay


def at(name, partition, params, tokens):
    """Hours of one accelerator, node-hours, the bill, kWh or None, and what to ask the site."""
    here, node = site(name), site(name).node_of(partition)
    hours = 6 * params * tokens / (node.peak_bf16.value * assumed) / 3600
    nodes = accelerators / node.accelerators.value
    nodes = math.ceil(nodes) if here.partition(partition).whole_nodes else nodes
    wall = hours / accelerators
    bill = here.bill(partition, wall, nodes=nodes, accelerators=accelerators)
    joules = here.energy(partition, nodes * wall)
    kwh = None if joules is None else joules / 3.6e6
    strengths = {"peak": node.peak_bf16.strength, "billing": bill.strength}
    ask = [f"{what} ({s})" for what, s in strengths.items() if s != "documented"]
    return hours, nodes * wall, bill, kwh, ask + ["power, PUE"] * (kwh is None)


print(f"{params:.3g} parameters, {tokens:.3g} tokens: {6 * params * tokens:.3g} flop\n")
for name in sites():
    for partition in site(name).partitions:
        node = site(name).node_of(partition)
        print(f"{site(name).name}, {partition}: {accelerators} x {node.accelerator or '?'}")
        if node.peak_bf16 is None or node.accelerators is None:
            print("  peak or accelerators a node: not known, so no plan\n")
            continue
        hours, node_hours, bill, kwh, ask = at(name, partition, params, tokens)
        days = hours / accelerators / 24
        print(f"  {hours:,.0f} accelerator-hours, {days:.1f} days, {node_hours:,.0f} node-hours")
        money = "no price entered" if price is None else f"{bill.amount * price:,.2f}"
        print(f"  bill: {bill.amount:,.0f} {bill.unit}s; money: {money}")
        print(f"  energy: {'not known' if kwh is None else f'{kwh:,.0f} kWh'}")
        print(f"  check with the site: {', '.join(ask) or 'nothing'}\n")

# %% [markdown]
# "Energy: not known" is an answer. Nobody has sourced power and PUE of these machines for this book
# yet; a guess in its place would look like a fact. Put your site's figures into a file of your own
# (see *Sites* in the book's reference), and the line fills in.
#
# ## The outline of a request
#
# EuroHPC's AI Factories give access in three sizes. What follows is from secondary notes: **check
# it with the site** before you write.

# %%
modes = {  # third-party notes
    "Playground": "a first try; answer in about 2 working days; 1 to 3 months",
    "Fast Lane": "up to 50,000 GPU-hours; answer in about 4 days",
    "Large Scale": "above 50,000 GPU-hours; 3, 6 or 12 months",
}
extra = 0.50 + 0.20  # of the main run: development; failures, repeated steps, evaluation
name, partition = "leonardo", "boost_usr_prod"
node = site(name).node_of(partition)


def outline(mode, aim, main, basis, tokens):
    """A request's skeleton; its numbers come from the planner."""
    besides = 0 if mode == "Playground" else extra * main
    asked = main + besides
    if mode == "Fast Lane" and asked > 50_000:
        mode = "Large Scale"
    nodes = asked / node.accelerators.value
    disk = 3 * 14 * params + 4 * tokens
    print(f"{mode.upper()} ({modes[mode]})")
    print(f"  aim        {aim}")
    print(f"  machine    {site(name).name}, {partition}: {node.accelerator}")
    print(f"  main work  {main:,.0f} accelerator-hours; besides {besides:,.0f}")
    print(f"  asked for  {asked:,.0f} accelerator-hours = {nodes:,.0f} node-hours")
    print(f"  storage    {disk / 1e12:.2g} TB: 3 checkpoints, and 4 bytes a token")
    print(f"  basis      {basis}\n")


fits = at_least(4096, "not attention", node.accelerator_memory.value, 16 * params)
rate = node.peak_bf16.value * assumed / (6 * params)
outline(
    "Playground",
    "our code for an hour each on 1, 2 and 4 nodes: tokens a second, and memory",
    (1 + 2 + 4) * node.accelerators.value,
    f"fits from {fits} accelerators on; expected: {rate:,.0f} tokens/s on each",
    (1 + 2 + 4) * node.accelerators.value * 3600 * rate,
)
main = at(name, partition, params, tokens)[0]
outline(
    "Fast Lane",
    f"train {params:.3g} parameters on {tokens:.3g} tokens",
    main,
    f"{6 * params * tokens:.3g} flop at an assumed MFU of {assumed:.0%}; to be measured",
    tokens,
)
main = at(name, partition, params, 1e12)[0]
outline(
    "Large Scale",
    f"train {params:.3g} parameters on 1e+12 tokens: dear to train, cheap to serve",
    main,
    f"{6 * params * 1e12:.3g} flop; MFU and scaling table from the Fast Lane run",
    1e12,
)
print("still open: which accelerator counts as one GPU;", ", ".join(at(name, partition, 1, 1)[-1]))

# %% [markdown]
# The small one comes first: its 28 hours measure the MFU on which the other two rest. If it comes
# out at 20 % and not at 40 %, every number below it doubles.
