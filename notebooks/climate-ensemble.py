# %% [markdown]
# # Weather in a box, ten times: the demo
#
# Two jets of wind in a periodic box, a model that is compiled by Numba, and an ensemble of it
# that is a Dask graph. Before each measurement you are asked for a guess: change the number in
# the cell, then run it.

# %%
import tempfile
import time
from pathlib import Path

import dask
import dask.array as da
import numpy as np
import zarr
from dask import delayed
from zarr.storage import LocalStore

from hpclab import graph, predict, timeline
from hpclab.dask.simulate import simulate
from hpclab.models.shallow import advance, bumps, courant, jets, steps_run
from hpclab.plot import figure, show

N, MEMBERS, DAYS = 64, 10, 8
DAY = 432  # steps of 200 s

first = jets(N, N)
first[0] += bumps((N, N), 0.1, 999)

# %% [markdown]
# ## Inside: the model
#
# A *state* is three fields: the height of the layer and two components of the wind. One step
# reads and writes them all. The first call compiles.

# %%
for words in ("first call, compiles", "second call"):
    start = time.perf_counter()
    day_one = advance(first, DAY)
    print(f"a day, {words}: {time.perf_counter() - start:6.2f} s")
print(f"mass changed by {day_one[0].sum() / first[0].sum() - 1:.1e} of it")
print(f"Courant number {courant(day_one):.2f}")

# %% [markdown]
# The time step is 200 s. Waves cross a cell of 50 km in about 500 s. At a Courant number of 1 the
# model is at its limit. **Guess:** with twice the limit, after how many steps is there a number
# that is no number any more?

# %%
broken = predict(
    "After how many steps does the model break, at twice the limit?",
    1000,  # <- your guess
    unit="steps",
)

# %%
state, steps = first, 0
with np.errstate(all="ignore"):
    while np.isfinite(state).all() and steps < 2_000:
        state = advance(state, 1, dt=2 / courant(first, dt=1.0))
        steps += 1
print(f"after {steps} steps")
broken.reveal(steps)

# %% [markdown]
# ## Outside: the ensemble
#
# All members share a spin-up of two days. Then each gets its own bumps of 0.1 m, and goes its own
# way. Here are two ways to write this. They differ in where one line stands.


# %%
def forecast(start, number, days, size=0.1):
    """The heights of one member: at its start, and after each day; (days + 1, N, N)."""
    mine = start.copy()
    mine[0] += bumps(mine.shape[1:], size, number)
    heights = [mine[0]]
    for _ in range(days):
        mine = advance(mine, DAY)
        heights.append(mine[0])
    return np.stack(heights)


def in_the_loop(first, members, days):
    runs = []
    for number in range(members):
        start = delayed(advance)(first, 2 * DAY)
        runs.append(delayed(forecast)(start, number, days))
    return runs


def outside(first, members, days):
    start = delayed(advance)(first, 2 * DAY)
    runs = []
    for number in range(members):
        runs.append(delayed(forecast)(start, number, days))
    return runs


# %% [markdown]
# **Guess:** how many times as many steps does the first one make, for 10 members of 1 day?

# %%
more = predict(
    "How many times as many steps, with the line in the loop?",
    1,  # <- your guess
    unit="x",
)

# %%
small = jets(16, 16)
made = []
for build in (in_the_loop, outside):
    before = steps_run()
    dask.compute(*build(small, MEMBERS, 1), scheduler="threads")
    made.append(steps_run() - before)
    print(f"{build.__name__:12s} {made[-1]:7,} steps")
more.reveal(made[0] / made[1])

# %%
graph(da.stack([da.from_delayed(r, (2, 16, 16), float) for r in outside(small, MEMBERS, 1)]))

# %% [markdown]
# ## The spread
#
# Ten members start 0.1 m apart, where the layer is 1 km deep. **Guess:** how many metres apart
# are they after 8 days, on average over the box?

# %%
apart = predict(
    "How many metres is the spread after 8 days?",
    0.2,  # <- your guess
    unit="m",
)

# %%
shape = (DAYS + 1, N, N)
runs = outside(first, MEMBERS, DAYS)
heights = da.stack([da.from_delayed(run, shape, dtype=float) for run in runs])
start = time.perf_counter()
heights = heights.compute(scheduler="threads")  # (members, days, N, N): 2.9 MB
print(f"{MEMBERS} members of {DAYS} days: {time.perf_counter() - start:.1f} s, your threads")
mean, spread = heights.mean(axis=0), heights.std(axis=0, ddof=1)
over_box = np.sqrt((spread**2).mean(axis=(1, 2)))
apart.reveal(over_box[-1])

# %% tags=["hide-input"]
fig, ax = figure("A tenth of a metre, forecast", "days", "spread of the height (m)")
ax.semilogy(over_box, label="over the box")
ax.semilogy(spread.max(axis=(1, 2)), label="where it is largest")
ax.semilogy(spread.min(axis=(1, 2)), label="where it is smallest")
apart.mark(ax)
days = "; ".join(f"day {d}: {v:.2g} m" for d, v in enumerate(over_box))
words = f"Spread of the height over {MEMBERS} members, root mean square over the box. {days}. "
words += f"On the last day it is between {spread[-1].min():.2g} and {spread[-1].max():.2g} m."
show(fig, text=words)

# %% [markdown]
# At first the bumps send out waves and shrink. Then the jets break into eddies, and every member
# breaks in its own way. Where?

# %% tags=["hide-input"]
fig, ax = figure(f"Spread after {DAYS} days", "x (1,000 km)", "y (1,000 km)", size=(6.4, 5.2))
side = N * 0.05
picture = ax.imshow(spread[-1], origin="lower", extent=(0, side, 0, side), cmap="viridis")
ax.grid(visible=False)
levels = np.arange(700, 1300, 50)
ax.contour(mean[-1], levels, colors="white", extent=(0, side, 0, side), linewidths=1)
bar = fig.colorbar(picture, ax=ax, label="spread of the height (m)")
ink = ax.xaxis.label.get_color()
bar.ax.yaxis.label.set_color(ink)
bar.ax.tick_params(colors=ink)
rows = spread[-1].reshape(4, N // 4, 4, N // 4).mean(axis=(1, 3))
where = np.unravel_index(rows.argmax(), rows.shape)
words = "A map of the spread, with the ensemble's mean height as lines every 50 m. The spread is "
words += f"{spread[-1].min():.2g} m at its smallest, {np.median(spread[-1]):.2g} m in the middle "
words += f"and {spread[-1].max():.2g} m at its largest. Of 16 squares of {N // 4} cells a side the "
words += f"most uncertain is the one in row {where[0] + 1} from the south, column {where[1] + 1}."
show(fig, text=words)

# %% [markdown]
# That is what an ensemble is for: not one forecast, but a map of where to believe it.
#
# ## A straggler
#
# Four workers; a day of the model takes a second. One worker is ten times as slow as the others.
# Sixteen members, shared out in advance, four each, would end after 2 + 4 × 80 = 322 s.
# **Guess:** how long does it take where each worker gets its next member when it is free?
# (Simulated: the same on every machine. With four good workers it takes 2 + 4 × 8 = 34 s.)

# %%
late = predict(
    "How many seconds with one worker ten times as slow?",
    100,  # <- your guess
    unit="s",
)


# %%
def seconds(name, out, given):
    names = name.split("-")  # Dask joins a chain of tasks into one, and their names
    return 2.0 * ("advance" in names) + 8.0 * ("forecast" in names)


tiny = outside(jets(8, 8), 16, 1)  # what is computed to learn the sizes; the seconds are given
lazy = da.stack([da.from_delayed(run, (2, 8, 8), dtype=float) for run in tiny])
ran = simulate(lazy, workers=[1, 1, 1, 0.1], overhead=0, seconds=seconds)
print(ran)
late.reveal(ran.makespan)
rows = []
for slot in ran.schedule:
    name = f"member {slot.key[1]}" if isinstance(slot.key, tuple) else "spin-up"
    rows.append((f"worker {slot.worker}", name, slot.start, slot.end))
timeline(rows, times="virtual")

# %% [markdown]
# The simulated scheduler knows how fast its workers are, and gives the slow one nothing. A real
# one learns it from the tasks that have ended.
#
# ## The bytes of a spread
#
# 64 members in chunks of 8, on four workers. A *field* is one N × N map. **Guess:** how many
# fields are sent by `h.mean(axis=0)` and `h.std(axis=0)`?

# %%
sent = predict(
    "How many fields are sent for mean and spread of 64 members?",
    16,  # <- your guess
    unit="fields",
)


# %%
def two_lines(states):
    h = states[:, 0]
    return da.stack([h.mean(axis=0), h.std(axis=0, ddof=1)])


def gathered(states):
    h = states[:, 0].rechunk({0: -1})
    return da.stack([h.mean(axis=0), h.std(axis=0, ddof=1)])


for chunk in (8, 1):
    states = da.random.default_rng(1).random((64, 3, 32, 32), chunks=(chunk, 3, 32, 32))
    for way in (two_lines, gathered):
        ran = simulate(way(states), workers=4, bandwidth=1e8, latency=1e-4)
        fields = ran.bytes_moved / (32 * 32 * 8)
        print(f"{chunk} members a chunk, {way.__name__:10s} {fields:6.1f} fields sent")
        if (chunk, way) == (8, two_lines):
            sent.reveal(fields)

# %% [markdown]
# Two fields a chunk are enough, as the exercise shows: 14 fields here.
#
# ## Chunks for the question
#
# The heights go to disk as Zarr. Two people will read them: one wants a *map* of all members on
# one day, the other the *series* at one place, of all members and days. A chunk is read whole.
# **Guess:** with a chunk a day, how much of the file does the series read?

# %%
share = predict(
    "With a chunk a day, what share of the file does one place read?",
    1,  # <- your guess
    unit="%",
)


# %%
class Counting(LocalStore):
    """A folder of chunks that notes what is read from it."""

    async def get(self, key, *args, **kwargs):
        found = await super().get(key, *args, **kwargs)
        if "/" in key and found is not None:  # a chunk, not the description
            READ.append(len(found))
        return found


READ = []
written = da.from_array(heights.swapaxes(0, 1).astype("float32"))  # (days, members, N, N)
with tempfile.TemporaryDirectory() as folder:
    for chunks in ((1, MEMBERS, N, N), (DAYS + 1, MEMBERS, 8, 8), (3, MEMBERS, 8, N)):
        path = Path(folder) / "-".join(map(str, chunks))
        da.to_zarr(written.rechunk(chunks), str(path))
        sizes = [one.stat().st_size for one in path.glob("c/*/*/*/*")]
        stored = zarr.open_array(Counting(path), mode="r")
        read = []
        for place in ((4,), (slice(None), slice(None), 30, 30)):
            READ.clear()
            stored[place]
            read.append(sum(READ) / sum(sizes))
        print(f"{chunks!s:16} {len(sizes):3} files; map {read[0]:6.1%}, series {read[1]:6.1%}")
        if chunks[0] == 1:
            share.reveal(100 * read[1])

# %% [markdown]
# Neither of the first two serves both. The third one does, not perfectly, with a few chunks for
# each question. How to find it is the last task of the exercise.
