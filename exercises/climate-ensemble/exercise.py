# %% [markdown]
# # Exercise: an ensemble of forecasts
#
# Five tasks, from the outside in and out again: the ensemble as a graph (the core), its spread,
# one step of the model, its time step, and the file. The stretch tasks need nothing from each
# other.
#
# Write your function in the cell that raises `NotImplementedError`, run it, run the check below
# it. Nothing here is timed: steps of the model, tasks, bytes and messages are counted, and the
# cluster is simulated. Stuck? `hint("ensemble")` gives one hint at a time, three in all.
#
# A *state* of the model is a `float64` array of shape (3, ny, nx): the height of the layer in m,
# and the wind `u` (to the east) and `v` (to the north) in m/s. Given are
#
# | function | what it does |
# |---|---|
# | `jets(ny, nx)` | a state to begin with: two jets |
# | `advance(state, steps)` | the state so many steps later; the given one stays as it is |
# | `bumps(shape, size, seed)` | smooth random heights (ny, nx) of `size` metres, by seed |
# | `steps_run()` | how many steps the model has made so far, in this process |

# %%
import dask.array as da
import numpy as np
from dask import delayed
from numba import njit

from hpclab import check, hint
from hpclab.models.shallow import advance, bumps, jets, steps_run

# %% [markdown]
# ## `ensemble` (core): one spin-up, many members
#
# A forecast of one member, in plain Python:
#
# ```python
# start = advance(first, spin_up)           # the same for all members
# mine = start.copy()
# mine[0] += bumps(mine.shape[1:], size, seed + number)
# last = advance(mine, lead)                # this member's own
# ```
#
# Write `ensemble`, which builds the graph of all members, `number` = 0, 1, ... `members` - 1, so
# that
#
# 1. its value **agrees** with these four lines, member by member, and calling it makes **no
#    step** of the model: it only builds;
# 2. the spin-up is made **once**: computing the graph takes `spin_up + members * lead` steps, and
#    on the simulated cluster its result is sent to each other worker at most once;
# 3. the graph has at most **3 tasks a member**, plus 5, and no path of more than 5 tasks, and
#    four workers need at most **half** the time of one;
# 4. no task changes what it is given: all members share one `start`.
#
# `delayed(f)(a, b)` is a task that will call `f(a, b)`. Where a task is given what another
# `delayed` returned, it waits for that one's result. `da.from_delayed(one, shape, dtype)` makes a
# Dask array of a task's result, and `da.stack` one array of many.


# %% task="ensemble"
def ensemble(first, members, spin_up, lead, size, seed):
    """The last states of all members, lazily.

    first: NumPy array (3, ny, nx), float64.  members, spin_up, lead: ints; the last two in steps.
    size: m, of the bumps.  seed: int; member `number` has the bumps of seed + number.
    Returns a Dask array (members, 3, ny, nx), float64, a chunk for each member.
    """
    ### BEGIN SOLUTION
    # One task, outside the loop: every member that is given `start` waits for the same result.
    start = delayed(advance)(first, spin_up)

    def member(start, number):
        mine = start.copy()  # the other members will read `start` too
        mine[0] += bumps(mine.shape[1:], size, seed + number)
        return advance(mine, lead)

    runs = [delayed(member)(start, number) for number in range(members)]
    return da.stack([da.from_delayed(run, first.shape, dtype=float) for run in runs])
    ### END SOLUTION


# %% check="ensemble"

# %% [markdown]
# Look at what you have built.

# %%
from hpclab import graph

try:
    picture = graph(ensemble(jets(16, 24), members=6, spin_up=20, lead=10, size=0.1, seed=0))
except NotImplementedError:
    picture = "Write `ensemble` first."
picture

# %% [markdown]
# ## `spread` (stretch): one pass, few bytes
#
# `states` is a Dask array (members, 3, ny, nx) whose chunks hold several members each, and whole
# maps. Return the mean of the *height* over all members, and its standard deviation with `members
# - 1` in the denominator. In NumPy:
#
# ```python
# h = states[:, 0]
# np.stack([h.mean(axis=0), h.std(axis=0, ddof=1)])
# ```
#
# These two lines give the right answer with Dask too (write `da.stack`). For eight chunks of
# eight members they send 6 fields a chunk over the network; a field is ny × nx numbers. You need
# not send more than **two**: what a chunk knows about its members is how many they are, their
# mean $\mu$, and the sum $Q$ of the squares of their distances to it. Two such groups, 1 and 2,
# make a larger one:
#
# $$
# \mu = \mu_1 + \delta\,\frac{n_2}{n}, \qquad
# Q = Q_1 + Q_2 + \delta^2\,\frac{n_1 n_2}{n}, \qquad
# \delta = \mu_2 - \mu_1,\; n = n_1 + n_2 .
# $$
#
# 1. On the simulated cluster (four workers, 0.1 GB/s) at most **2.2 fields a chunk** are sent,
#    and at most **110 fields** are held at once by all workers together, where all states are
#    192;
# 2. the answer is right to a thousandth where heights of 10 km differ by 1 mm;
# 3. groups are merged in pairs, then pairs of pairs: 64 chunks make no path of more than **10**
#    tasks;
# 4. one task at a time, it takes no more memory than **three chunks**.


# %% task="spread"
def spread(states):
    """Mean and standard deviation of the height over the members, lazily.

    states: Dask array (members, 3, ny, nx), float64, in chunks of whole maps.
    Returns a Dask array (2, ny, nx), float64.
    """

    ### BEGIN SOLUTION
    def moments(block):
        height = block[:, 0]
        mean = height.mean(axis=0)
        return len(height), mean, ((height - mean) ** 2).sum(axis=0)

    def merge(a, b):
        n = a[0] + b[0]
        apart = b[1] - a[1]
        return n, a[1] + apart * (b[0] / n), a[2] + b[2] + apart**2 * (a[0] * b[0] / n)

    def finish(group):
        n, mean, squares = group
        return np.stack([mean, np.sqrt(squares / (n - 1))])

    groups = [delayed(moments)(block) for block in states.to_delayed().ravel()]
    while len(groups) > 1:
        pairs = zip(groups[::2], groups[1::2], strict=False)
        merged = [delayed(merge)(a, b) for a, b in pairs]
        groups = merged + groups[2 * len(merged) :]  # one may be left over
    return da.from_delayed(delayed(finish)(groups[0]), (2, *states.shape[2:]), dtype=float)
    ### END SOLUTION


# %% check="spread"

# %% [markdown]
# ## `flux_step` (stretch): what leaves a cell enters its neighbour
#
# Inside `advance` the height changes by what flows through the four sides of a cell. On the
# C-grid `u[j, i]` stands on the *western* side of cell `[j, i]` and `v[j, i]` on its *southern*
# one, and the flux through a side is the wind there times the mean of the two heights beside it:
#
# $$
# X_{j,i} = u_{j,i}\,\frac{h_{j,i-1} + h_{j,i}}{2}, \qquad
# Y_{j,i} = v_{j,i}\,\frac{h_{j-1,i} + h_{j,i}}{2},
# $$
# $$
# h^\text{new}_{j,i} = h_{j,i} - \frac{\Delta t}{\Delta x}
# \left( X_{j,i+1} - X_{j,i} + Y_{j+1,i} - Y_{j,i} \right).
# $$
#
# The box is periodic: east of the last column lies the first, north of the last row the first.
# Write it as one loop over the cells, compiled by Numba, which makes **one array**, the new one.
# The mass (the sum of all heights) has to stay, to round-off.


# %% task="flux_step"
def flux_step(h, u, v, dt, dx):
    """The heights one step of dt seconds later, for cells of side dx (m); compiled with njit.

    h, u, v: float64 (ny, nx); they stay as they are.  Returns float64 (ny, nx).
    """
    ### BEGIN SOLUTION
    ny, nx = h.shape
    new = np.empty((ny, nx))
    for j in range(ny):
        south, north = (j - 1) % ny, (j + 1) % ny
        for i in range(nx):
            west, east = (i - 1) % nx, (i + 1) % nx
            # Each flux is worked out twice, on both sides of its face, from the same numbers in
            # the same order: that is why it cancels.
            out_x = (h[j, i] + h[j, east]) * u[j, east] - (h[j, west] + h[j, i]) * u[j, i]
            out_y = (h[j, i] + h[north, i]) * v[north, i] - (h[south, i] + h[j, i]) * v[j, i]
            new[j, i] = h[j, i] - 0.5 * dt / dx * (out_x + out_y)
    return new


flux_step = njit(flux_step)
### END SOLUTION


# %% check="flux_step"

# %% [markdown]
# ## `time_step` (stretch): one step for all
#
# Nothing may cross more than a part of a cell in a step. With the largest height $h$ and the
# largest $|u|$ and $|v|$ of a state (each wherever it is), its Courant number is
#
# $$
# \mathrm{Co} = \left( \sqrt{g\,h} + \sqrt{u^2 + v^2} \right) \frac{\Delta t}{\Delta x},
# \qquad g = 9.81\ \text{m/s}^2 .
# $$
#
# All members make the same steps, or they could not be compared. Return the **smallest number of
# equal steps** that fill a window of `window` seconds exactly, with $\mathrm{Co} \le$ `most` for
# **every** member, and the length of a step.


# %% task="time_step"
def time_step(states, dx, window, most):
    """(steps, dt): how many steps, and how long each is in s, as (int, float).

    states: NumPy array (members, 3, ny, nx).  dx: m.  window: s.  most: largest Courant number.
    """
    ### BEGIN SOLUTION
    speeds = []
    for height, u, v in states:
        wave = np.sqrt(9.81 * height.max())
        speeds.append(wave + np.hypot(np.abs(u).max(), np.abs(v).max()))
    steps = int(np.ceil(window * max(speeds) / (most * dx)))
    return steps, window / steps
    ### END SOLUTION


# %% check="time_step"

# %% [markdown]
# ## `store_chunks` (stretch): chunks for the question
#
# The ensemble goes to disk as one array (times, members, ny, nx), in chunks that are read and
# decompressed whole. You know what will be asked: `questions` is a list of pairs `(often,
# extent)`, such as `(1, (1, 50, 128, 128))`, a map of all 50 members at one time, or `(1000, (80,
# 50, 1, 1))`, all times and members at one place, asked a thousand times as often. Along each
# axis a read of $e$ numbers from chunks of $\ell$, out of $n$, decompresses
#
# $$ \min(n, \lceil e/\ell \rceil\, \ell) $$
#
# of them; multiply over the four axes, by `itemsize` and by `often`, and add up the questions.
# Return the chunk shape that keeps a chunk between `least` and `most` bytes and reads **at most a
# quarter more** than the best one can, of all shapes whose sides come from $n$ by halving,
# rounded up: 80, 40, 20, 10, 5, 3, 2, 1.


# %% task="store_chunks"
def store_chunks(shape, itemsize, questions, least, most):
    """Chunk shape (times, members, ny, nx) that reads few bytes for these questions.

    shape: four ints; itemsize: bytes a number; questions: list of (often, four ints).
    least, most: bytes of a chunk.  Returns four ints.
    """

    ### BEGIN SOLUTION
    def halves(n):
        return [n] if n == 1 else [n, *halves(-(-n // 2))]

    def bytes_read(chunk):
        total = 0
        for often, extent in questions:
            sides = [min(n, -(-e // c) * c) for n, e, c in zip(shape, extent, chunk, strict=True)]
            total += often * sides[0] * sides[1] * sides[2] * sides[3] * itemsize
        return total

    best = None
    times, members, rows, columns = map(halves, shape)
    for t in times:
        for m in members:
            for y in rows:
                for x in columns:
                    if least <= t * m * y * x * itemsize <= most:
                        found = bytes_read((t, m, y, x)), (t, m, y, x)
                        best = found if best is None else min(best, found)
    return best[1]
    ### END SOLUTION


# %% check="store_chunks"
