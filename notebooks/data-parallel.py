# %% [markdown]
# # Two processes, one model: the demo
#
# A transformer of 28,288 parameters learns to write, first in one process, then in several that
# average their gradients. It is all NumPy: `hpclab/models/transformer.py` has the whole model,
# forward and backward. Counts and virtual times are the same everywhere; the losses and the real
# times are of *your* machine. Before each measurement you are asked for a guess: change the number
# in the cell, then run it.

# %%
import os
import textwrap
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a rank is a core, and no more

import numpy as np

from hpclab import cluster, predict, timeline
from hpclab.comm import RankFailed, ring, run
from hpclab.models import text, transformer
from hpclab.models.replica import Replica, train_with
from hpclab.models.transformer import flatten, unflatten
from hpclab.plot import figure, show
from hpclab.plot.figures import legend_below

# %% [markdown]
# ## One process
#
# The text is written by a few rules, so you may have as much of it as you like. Who knows only how
# frequent each letter is has a loss of 2.77 nats a character, the *unigram entropy* of the text.
# The model begins above it: it knows nothing.
#
# **Guess** its loss after 200 steps of plain gradient descent, 16 rows of 32 characters each.

# %%
after = predict("Loss after 200 steps, in nats a character?", 2.5, unit="nats")

# %%
story = text.write(50_000)
numbers = text.encode(story)
entropy = text.unigram_entropy(story)
weights = transformer.start(len(text.ALPHABET))
N = flatten(weights).size
print(textwrap.fill(story[:150], 76))
print(f"{N:,} parameters in {len(weights)} arrays; unigram entropy {entropy:.2f} nats")

batches = np.stack([text.batch(numbers, rows=16, length=32, step=step) for step in range(200)])
trained, losses = weights, []
start = time.perf_counter()
for batch in batches:
    loss, found = transformer.loss_and_gradients(trained, batch)
    trained = {name: trained[name] - 0.5 * found[name] for name in trained}
    losses.append(loss)
print(f"200 steps in {time.perf_counter() - start:.1f} s")
after.reveal(np.mean(losses[-10:]))

fig, ax = figure("A small transformer learns (this machine)", "step", "loss (nats a character)")
ax.plot(range(1, 201), losses, marker="", label="training loss")
ink = ax.xaxis.label.get_color()
ax.axhline(entropy, linestyle="--", color=ink, label="unigram entropy of the text")
ax.axhline(after.guess, linestyle=":", color=ink, label="your guess")
legend_below(fig)
below = next(step for step, loss in enumerate(losses, 1) if loss < entropy)
show(
    fig,
    text=f"Training loss: {losses[0]:.2f} nats at step 1, {losses[49]:.2f} at step 50, "
    f"{losses[-1]:.2f} at step 200. It falls below the unigram entropy of {entropy:.2f} at step "
    f"{below}. Your guess: {after.guess:.2f}.",
)

# %% [markdown]
# What it writes, character by character, each drawn from the probabilities that it gives:

# %%
rng = np.random.default_rng(0)
written = [*text.encode("the ")]
for _ in range(150):
    share = transformer.probabilities(trained, np.array([written[-32:]]))[0, -1].astype("float64")
    written.append(rng.choice(len(share), p=share / share.sum()))
print(textwrap.fill(text.decode(written), 76))

# %% [markdown]
# ## Several ranks, one model
#
# Now each rank takes its rows of the batch and computes their gradient. A ring adds the gradients
# up. All ranks have equally many rows here, since 2 and 4 divide 16, so that the mean is the sum
# over p. (The exercise asks you for the case in which they have not.)
#
# **Guess:** after 20 steps, how far apart are the weights of 4 ranks and of one process?

# %%
apart = predict("Largest difference of any weight, 4 ranks against 1?", 1e-3)


# %%
def mean_gradient(comm, weights, batch):
    mine = np.array_split(batch, comm.size)[comm.rank]
    _, found = transformer.loss_and_gradients(weights, mine)
    return ring.allreduce(comm, flatten(found)) / comm.size


def sgd(comm, weights, batches, rate):
    x = flatten(weights)
    for batch in batches:
        x = x - rate * mean_gradient(comm, unflatten(x, weights), batch)
    return unflatten(x, weights)


def furthest(one, other):
    """The name of the array in which two models differ most, and by how much."""
    by = {name: float(np.abs(one[name] - other[name]).max()) for name in one}
    return max(by.items(), key=lambda pair: pair[1])


single = run(sgd, 1, weights, batches[:20], 0.5).results[0]
for p in (2, 4):
    done = run(sgd, p, weights, batches[:20], 0.5)
    name, most = furthest(done.results[0], single)
    print(f"{p} ranks: {most:.1e} at most (in {name}); {done.total_bytes // 20:,} bytes a step")
    assert done.total_bytes == 20 * 2 * (p - 1) * 4 * N
apart.reveal(most)

# %% [markdown]
# The bytes are exactly 2 (p − 1) × 4N. The difference is rounding: the sum over rows is the same
# sum, in another order. Nothing here is an approximation.
#
# ## What breaks it: an optimiser that divides by almost nothing
#
# Adam divides each gradient by its own usual size. **Guess** the same difference after 20 steps of
# Adam.

# %%
worse = predict("How many times further apart are they with Adam?", 2, unit="x")


# %%
def adam(comm, weights, batches, rate):
    x = flatten(weights)
    first, second = np.zeros_like(x), np.zeros_like(x)
    for step, batch in enumerate(batches, start=1):
        g = mean_gradient(comm, unflatten(x, weights), batch)
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        mean, size = first / (1 - 0.9**step), np.sqrt(second / (1 - 0.999**step))
        x = x - rate * mean / (size + 1e-8)
    return unflatten(x, weights)


for dtype in ("float32", "float64"):
    given = {name: array.astype(dtype) for name, array in weights.items()}
    one, two = (run(adam, p, given, batches[:20], 3e-3).results[0] for p in (1, 2))
    name, difference = furthest(one, two)
    print(f"Adam in {dtype}: {difference:.1e}, in {name}")
    if dtype == "float32":
        worse.reveal(difference / most)

# %% [markdown]
# `qkv.bias` holds, among others, the biases of the keys. A key's bias adds the same number to all
# scores of a row, and the softmax takes it out again: its gradient is exactly 0. What the computer
# has in its place is rounding, other rounding on 2 ranks than on 1, and Adam makes full steps of
# it. The model's output does not depend on it. Compare what a model computes, not its weights.
#
# ## What a rank costs here
#
# Real time now: a step of 16 rows on 1, 2 and 4 ranks. **Guess** how many times as fast 2 are.

# %%
faster = predict("How many times as fast are 2 ranks on your machine?", 2, unit="x")


# %%
def timed(comm, weights, batches):
    """Seconds of computing and of the all-reduce, the median over the steps."""
    took = []
    for batch in batches:
        mine = np.array_split(batch, comm.size)[comm.rank]
        comm.barrier()
        start = time.perf_counter()
        _, found = transformer.loss_and_gradients(weights, mine)
        middle = time.perf_counter()
        ring.allreduce(comm, flatten(found))
        took.append((middle - start, time.perf_counter() - middle))
    return [float(t) for t in np.median(took, axis=0)]


ranks = (1, 2, 4)
computing, sending = np.array([run(timed, p, weights, batches[:12]).results[0] for p in ranks]).T
for p, c, s in zip(ranks, computing, sending, strict=True):
    print(f"{p} ranks: computing {c * 1e3:5.1f} ms, waiting and summing {s * 1e3:5.1f} ms")
whole = computing + sending
faster.reveal(whole[0] / whole[1])

fig, ax = figure("A step on this machine (real time)", "ranks", "milliseconds")
places = np.arange(3)
ax.bar(places, computing * 1e3, width=0.6, edgecolor=ink, label="computing")
ax.bar(places, sending * 1e3, 0.6, computing * 1e3, hatch="///", edgecolor=ink, label="all-reduce")
ax.plot([1], [whole[0] / faster.guess * 1e3], "x", color=ink, label="your guess for 2 ranks")
ax.set_xticks(places, ranks)
legend_below(fig)
words = "; ".join(
    f"{p} ranks: {c * 1e3:.1f} ms computing, {s * 1e3:.1f} ms all-reduce"
    for p, c, s in zip(ranks, computing, sending, strict=True)
)
show(fig, text=f"Real time of a step. {words}. Your guess for 2 ranks: {faster.guess:g} x.")

# %% [markdown]
# Computing gets shorter, since each rank has fewer rows. The all-reduce does not: the messages go
# through one more process in Python, everyone waits for the last, and with more ranks than cores
# the last one waits for a core. A model this small is hardly worth a second. Now to a machine
# that has a core and a wire for everyone.
#
# ## Buckets on a virtual clock
#
# A backward pass of 4 ms makes 4 MB of gradients, evenly. Four ranks, α = 10 µs, β = 1 ns a byte.
# Sent all at once when it is over, the sum is there after 10.06 ms. In K buckets, each sent as soon
# as it is full, sending begins earlier; each costs 6 α more. **Guess** the best K.

# %%
buckets = predict("How many buckets are best?", 3, unit="buckets")


# %%
def bars(K, backward=4e-3, n=4e6, p=4, alpha=1e-5, beta=1e-9):
    """Who does what and when, as rows of a timeline."""
    rows, free = [], 0.0
    for k in range(K):
        start, ready = backward / K * k, backward / K * (k + 1)
        rows.append(("1 computing", "backward", start, ready))
        begin, free = max(ready, free), max(ready, free) + 2 * (p - 1) * (alpha + beta * n / p / K)
        rows.append(("2 network", "bucket", begin, free))
    return rows


counts = np.arange(1, 65)
ends = np.array([bars(int(K))[-1][3] for K in counts])
print(f"best: {counts[ends.argmin()]} buckets, {ends.min() * 1e3:.2f} ms")
print(f"one bucket {ends[0] * 1e3:.2f} ms, 64 buckets {ends[-1] * 1e3:.2f} ms")
buckets.reveal(counts[ends.argmin()])

fig, ax = figure("Backward pass and all-reduce (virtual time)", "buckets K", "milliseconds")
ax.semilogx(counts, ends * 1e3, marker="", label="last sum is there")
ax.axhline(6, linestyle="--", color=ink, label="bytes alone: 6 ms")
ax.axvline(buckets.guess, linestyle=":", color=ink, label="your guess")
ax.set_ylim(0)
ax.set_xticks([1, 2, 4, 8, 16, 32, 64], [1, 2, 4, 8, 16, 32, 64])
ax.minorticks_off()
legend_below(fig)
words = ", ".join(f"K = {K}: {ends[K - 1] * 1e3:.2f} ms" for K in (1, 2, 4, 8, 16, 32, 64))
show(fig, text=f"Virtual time until the last sum. {words}. Your guess: {buckets.guess:g}.")

# %%
timeline(bars(4), times="virtual")

# %% [markdown]
# ## A slow rank
#
# Four ranks, 40 rows, 1 ms a row; but rank 2 takes 3 ms. **Guess** how long a step takes.

# %%
slow = predict("Milliseconds of a step, with one rank three times as slow?", 15, unit="ms")


# %%
def step(comm, rows, seconds):
    comm.work(rows[comm.rank] * seconds[comm.rank])
    ring.allreduce(comm, np.zeros(N, np.float32))


speeds = [1e-3, 1e-3, 3e-3, 1e-3]
equal, fair = (run(step, 4, rows, speeds) for rows in ([10] * 4, [12, 12, 4, 12]))
print(f"10 rows each: {equal.makespan * 1e3:.2f} ms; 12, 12, 4, 12: {fair.makespan * 1e3:.2f} ms")
slow.reveal(equal.makespan * 1e3)
timeline(
    [
        (f"rank {rank}", name, start, end)
        for rank in range(4)
        for name, start, end in (
            ("computing", 0, 10 * speeds[rank]),
            ("waiting", 10 * speeds[rank], 30e-3),
            ("all-reduce", 30e-3, equal.makespan),
        )
        if end > start
    ],
    times="virtual",
)

# %% [markdown]
# Everyone is as slow as the slowest, in every step. Shares that fit cost nothing in exactness,
# as long as each gradient is weighed by its rows: the law on the page.
#
# ## A dead rank
#
# In step 14 rank 1 meets a bad day. The last checkpoint is of step 10. **Guess:** how many of the
# 4 ranks have to go back to it?

# %%
back = predict("How many of the 4 ranks go back to the checkpoint?", 1, unit="ranks")


# %%
def with_a_bad_day(comm, weights, batches, rate):
    x = flatten(weights)
    for number, batch in enumerate(batches, start=1):
        if number == 14 and comm.rank == 1:
            raise OSError("memory error that could not be corrected")
        x = x - rate * mean_gradient(comm, unflatten(x, weights), batch)


try:
    run(with_a_bad_day, 4, weights, batches[:20], 0.5)
except RankFailed as failed:
    print(textwrap.fill(str(failed), 76))
back.reveal(4)

# %% [markdown]
# All of them: three wait for a sum that never comes, and the new rank needs weights of one and the
# same step. Steps 11 to 13 are done again by everyone.
#
# ## The same step over Dask
#
# Each Dask worker keeps a `Replica` as an *actor*; this notebook receives their gradients and sends
# the sum back. At a scheduler's address, `cluster("tcp://...")` runs the same lines elsewhere.

# %%
with cluster(workers=2, processes=False) as client, client.as_current():
    where = client.scheduler_info()["workers"]
    actors = [
        client.submit(Replica, weights, actor=True, workers=[one], pure=False) for one in where
    ]
    replicas = [actor.result() for actor in actors]
    train_with(replicas, batches[:20], 0.5)
    name, most = furthest(replicas[0].weights().result(), single)
print(f"2 Dask workers against one process: {most:.1e} at most (in {name})")

# %% [markdown]
# It works, and it is the way by a root: this process sends and receives p gradients a step. DDP
# starts ranks and lets them talk to each other in a ring. Dask is for what ranks need not agree on:
# preparing data, many models, many trials.
