# %% [markdown]
# # Everyone gets the sum: the demo
#
# Four or eight ranks, each a real process on *your* machine, add up their arrays. All messages go
# through one more process, which counts them and keeps a virtual clock. Counts and virtual times
# are the same everywhere; where a time is real, it says so. Before each measurement you are asked
# for a guess: change the number in the cell, then run it.

# %%
import textwrap
import time

import numpy as np

from hpclab import predict, timeline
from hpclab.comm import Deadlock, doubling, ring, run
from hpclab.plot import figure, show
from hpclab.plot.figures import legend_below


def by_root(comm, x):
    """The obvious all-reduce: all send to rank 0, which adds and sends the sum to all."""
    if comm.rank:
        comm.send(x, 0)
        return comm.recv(0)
    total = x.copy()
    for source in range(1, comm.size):
        total += comm.recv(source)
    for dest in range(1, comm.size):
        comm.send(total, dest)
    return total


# %% [markdown]
# ## Count before you time
#
# A model with a million parameters has a gradient of a million numbers, 4 MB in `float32`. Each
# rank has its own, and all need the sum. By way of a root, rank 0 sends the 4 MB to each of the
# others. In a ring, each rank sends blocks of the array to one neighbour only.
#
# **Guess:** how many MB does the busiest rank of a ring of 8 send?

# %%
sent = predict("MB that the busiest of 8 ranks in a ring sends?", 28, unit="MB")

# %%
gradient = np.ones(1_000_000, np.float32)
busiest = {}
for p in (2, 4, 8):
    for name, way in (("by a root", by_root), ("ring", ring.allreduce)):
        done = run(way, p, gradient)
        assert all((total == p).all() for total in done.results)
        busiest[name, p] = max(done.bytes) / 1e6
        all_of_them = done.total_bytes / 1e6
        print(
            f"{p} ranks, {name:9s}: busiest {busiest[name, p]:5.2f} MB, all {all_of_them:4.0f} MB"
        )
sent.reveal(busiest["ring", 8])

# %% [markdown]
# Twice as many ranks send hardly more: 2 (p − 1)/p times the array, which is 4, 6, 7 MB, and never
# reaches 8. The root sends p − 1 arrays.
#
# ## Who is busy when
#
# Now with a clock: a message of n bytes takes α + β n, here α = 2 µs and β = 1 ns a byte (1 GB/s).
# This is virtual time. Sends wait until they are received, so that messages to the same rank
# queue. **Guess:** how many times as long as the ring does the way by the root take on 4 ranks?

# %%
slower = predict("How many times as long does the root take?", 2, unit="x")

# %%
network = {"alpha": 2e-6, "beta": 1e-9, "synchronous": True}
through_root = run(by_root, 4, gradient, **network)
in_ring = run(ring.allreduce, 4, gradient, **network)


def bars(done, half):
    """What each rank sent when; its first `half` messages are to be added."""
    nth, rows = dict.fromkeys(range(4), 0), []
    for source, _, _, start, end in done.trace:
        name = "adding" if nth[source] < half else "handing round"
        rows.append((f"rank {source}", name, start, end))
        nth[source] += 1
    return rows


print(f"root {through_root.makespan * 1e3:.1f} ms, ring {in_ring.makespan * 1e3:.1f} ms")
slower.reveal(through_root.makespan / in_ring.makespan)
timeline(bars(in_ring, 3), times="virtual")

# %% [markdown]
# In the ring all four send all the time, a quarter of the array in each step: three steps in which
# they add, three in which they hand round what is finished. By way of the root one sends while the
# others wait:

# %%
rows = [
    (f"rank {source}", "to the root" if dest == 0 else "from the root", start, end)
    for source, dest, _, start, end in through_root.trace
]
timeline(rows, times="virtual")

# %% [markdown]
# ## What does a message cost here?
#
# Two ranks throw a message to and fro, and we measure *real* time: the best of 20 throws, divided
# by two. The line through the times gives your own α and β. (They are those of this communicator,
# which is Python and goes through a third process. Those of MPI are far smaller.)
#
# **Guess** α, the time of an empty message.

# %%
latency = predict("How many µs does an empty message take?", 10, unit="µs")


# %%
def ping_pong(comm, n, rounds):
    """Seconds of one message of n bytes: the best of so many returns, halved."""
    x, best = np.zeros(n, np.uint8), float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        if comm.rank == 0:
            comm.send(x, 1)
            comm.recv(1)
        else:
            comm.recv(0)
            comm.send(x, 0)
        best = min(best, time.perf_counter() - start)
    return best / 2


sizes = np.array([0, 1_000, 10_000, 100_000, 300_000, 1_000_000, 3_000_000])
seconds = np.array([run(ping_pong, 2, int(n), 20).results[0] for n in sizes])
alpha = np.median(seconds[:3])  # up to 10 kB, bytes cost next to nothing
beta = (seconds[-2:] - alpha).sum() / sizes[-2:].sum()
for n, s in zip(sizes, seconds, strict=True):
    print(f"{n:9,} bytes: {s * 1e6:7.0f} µs")
print(f"α = {alpha * 1e6:.0f} µs, β = {beta * 1e9:.2f} ns a byte: {1e-9 / beta:.1f} GB/s")
latency.reveal(alpha * 1e6)

fig, ax = figure("A message on this machine (real time)", "bytes", "seconds")
at = np.maximum(sizes, 100)  # a logarithmic axis has no 0
ax.loglog(at, seconds, linestyle="", label="measured here (0 bytes drawn at 100)")
line = np.geomspace(100, sizes[-1], 60)
ax.loglog(line, alpha + beta * line, marker="", label="α + β n")
ax.axhline(
    latency.guess * 1e-6, linestyle=":", color=ax.xaxis.label.get_color(), label="your guess"
)
words = "; ".join(f"{n:,} bytes {s * 1e6:.0f} µs" for n, s in zip(sizes, seconds, strict=True))
show(
    fig,
    text=f"Real time of a message over its bytes: {words}. The line is α + β n with α = "
    f"{alpha * 1e6:.0f} µs and β = {beta * 1e9:.2f} ns. Your guess of α: {latency.guess:.0f} µs.",
)

# %% [markdown]
# ## Few steps or few bytes?
#
# Recursive doubling needs log₂ p steps, in each of which all n bytes are swapped. The ring needs
# 2 (p − 1) steps of n/p bytes. On 4 ranks, with your α and β: **guess** from how many kB on the
# ring is the faster one. (The page has the formula: 8 α/β.)

# %%
crossing = predict("From how many kB on is the ring faster?", 50, unit="kB")


# %%
def real_seconds(comm, name, n):
    """The real time of an all-reduce of n bytes: the best of three, between barriers."""
    way = {"ring": ring, "doubling": doubling}[name]
    x, best = np.ones(n // 8), float("inf")
    for _ in range(3):
        comm.barrier()
        start = time.perf_counter()
        way.allreduce(comm, x)
        comm.barrier()
        best = min(best, time.perf_counter() - start)
    return best


p = 4
cross = alpha / beta * (2 * (p - 1) - 2) / (2 - 2 * (p - 1) / p)
lengths = [32 * round(cross * factor / 32) for factor in (1 / 64, 1 / 8, 1 / 2, 2, 8)]
virtual, real = {"ring": [], "doubling": []}, {"ring": [], "doubling": []}
for n in lengths:
    for name, way in (("ring", ring.allreduce), ("doubling", doubling.allreduce)):
        done = run(way, p, np.ones(n // 8), alpha=alpha, beta=beta)
        virtual[name].append(done.makespan)
        real[name].append(max(run(real_seconds, p, name, n).results))
    texts = [f"{k} {virtual[k][-1] * 1e3:6.2f} ({real[k][-1] * 1e3:6.2f})" for k in virtual]
    print(f"{n:10,} bytes: {', '.join(texts)}")
print("virtual ms, and real ms in brackets")
crossing.reveal(cross / 1e3)

# %%
fig, ax = figure(f"Two all-reduces on {p} ranks", "bytes of each array", "seconds", (7, 5))
line = np.geomspace(lengths[0], lengths[-1], 60)
laws = {
    "ring": 2 * (p - 1) * (alpha + beta * line / p),
    "doubling": np.log2(p) * (alpha + beta * line),
}
ink = ax.xaxis.label.get_color()
for name, style, marker in (("ring", "-", "o"), ("doubling", "--", "s")):
    (drawn,) = ax.loglog(line, laws[name], linestyle=style, marker="", label=f"{name}: law")
    colour = drawn.get_color()
    plain = {"linestyle": "", "marker": marker, "color": colour}
    ax.loglog(lengths, virtual[name], **plain, label=f"{name}: virtual clock")
    ax.loglog(lengths, real[name], **plain, markerfacecolor="none", label=f"{name}: real")
ax.axvline(cross, linestyle=":", color=ink, label=f"crossover: {cross / 1e3:,.0f} kB")
ax.axvline(crossing.guess * 1e3, linestyle="-.", color=ink, lw=1, label="your guess")
legend_below(fig)
words = "; ".join(
    f"{n:,} bytes: ring {virtual['ring'][i] * 1e3:.3g} (real {real['ring'][i] * 1e3:.3g}) ms, "
    f"doubling {virtual['doubling'][i] * 1e3:.3g} (real {real['doubling'][i] * 1e3:.3g}) ms"
    for i, n in enumerate(lengths)
)
show(
    fig,
    text=f"Virtual and real time of two all-reduces on {p} ranks. {words}. "
    f"Crossover: {cross / 1e3:,.0f} kB. Your guess: {crossing.guess:,.0f} kB.",
)

# %% [markdown]
# Filled points lie on the law: the virtual clock *is* the law. Open points are real. They lie
# higher, because here four ranks and the process between them share your cores, while the law gives
# each rank a wire of its own. Where this demo was written the real winners changed sides near the
# same place all the same. Do yours?
#
# ## What breaks it: everybody sends first
#
# Four ranks in a ring. Each sends to the right, then receives from the left. That ends as long as
# somebody keeps the message meanwhile. MPI need not: a large message may wait in `send` until it is
# received. **Guess:** of the 4 ranks, how many return then?

# %%
returned = predict("How many of 4 return if sends wait?", 4, unit="ranks")


# %%
def to_the_right(comm):
    comm.send(np.ones(1_000), (comm.rank + 1) % comm.size)
    return float(comm.recv((comm.rank - 1) % comm.size).sum())


print("with a buffer:", run(to_the_right, 4).results)
try:
    run(to_the_right, 4, synchronous=True)
except Deadlock as deadlock:
    print(textwrap.fill(str(deadlock), 76))
    print("who waits for whom:", deadlock.waits_for)
    returned.reveal(4 - len(deadlock.waits_for))

# %% [markdown]
# The process between the ranks sees every wait, so it knows at once that nothing can come any more.
# Follow the arrows: 0 waits for 1, 1 for 2, 2 for 3, 3 for 0. `comm.sendrecv` does both at once and
# breaks the circle. MPI itself would sit there until your job's time is over.
#
# ## What breaks it: a clock that is too kind
#
# On the virtual clock a rank pays for what it sends, not for what it receives. **Guess:** how many
# steps do 7 messages to the same rank take?

# %%
queue = predict("Steps that 7 messages to one rank take?", 7, unit="steps")


# %%
def all_to_one(comm):
    if comm.rank:
        comm.send(np.ones(1_000), 0)
    else:
        for source in range(1, comm.size):
            comm.recv(source)


kind, strict = run(all_to_one, 8), run(all_to_one, 8, synchronous=True)
print(f"buffered: {kind.rounds} step, {kind.makespan * 1e6:.0f} µs")
print(f"sends wait: {strict.rounds} steps, {strict.makespan * 1e6:.0f} µs")
queue.reveal(kind.rounds)

# %% [markdown]
# One step, whatever the number of senders: no network does that. A model leaves something out; know
# what. With `synchronous=True` the messages queue.
#
# ## What breaks it: one late rank
#
# Nobody has the sum before the last rank has given its part. Here rank 2 computes 3 ms longer than
# the others. **Guess:** how many ms later does rank 0 have the sum?

# %%
late = predict("Rank 2 is 3 ms late. How much later is rank 0?", 1, unit="ms")


# %%
def one_is_late(comm, x, extra):
    comm.work(extra if comm.rank == 2 else 0.0)
    return ring.allreduce(comm, x)


together, waiting = (run(one_is_late, 4, gradient, extra, **network) for extra in (0.0, 3e-3))
print(f"rank 0: {together.time[0] * 1e3:.2f} ms, with a late rank {waiting.time[0] * 1e3:.2f} ms")
late.reveal((waiting.time[0] - together.time[0]) * 1e3)
timeline(bars(waiting, 3), times="virtual")

# %% [markdown]
# All of it. An all-reduce is as fast as its slowest rank, and a training step has one at its end.
#
# ## Blocks that do not come out even
#
# Ten numbers, four ranks: blocks of 3, 3, 2 and 2. Each rank sends every block twice, but for two
# that it never sends. Three numbers, five ranks: two blocks are empty, and are sent all the same.

# %%
for n, ranks in ((10, 4), (3, 5)):
    done = run(ring.allreduce, ranks, np.ones(n, np.float32))
    print(f"{n} numbers, {ranks} ranks: {done.bytes} bytes, {done.messages} messages")
    assert done.total_bytes == 2 * (ranks - 1) * 4 * n
