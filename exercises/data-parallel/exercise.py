# %% [markdown]
# # Exercise: data-parallel
#
# Five tasks. `train` is the core: a transformer, trained by several ranks as if they were one. The
# other four are stretch tasks, in any order.
#
# Ranks are processes that reach each other by messages only. Messages and bytes are counted, time
# is virtual, and neither depends on how fast your computer is. You have
#
# | call | what it does |
# |---|---|
# | `comm.rank`, `comm.size` | who am I, of how many |
# | `ring.allreduce(comm, x)` | the sum of all ranks' arrays `x`, on every rank |
# | `gradients(comm, weights, rows)` | the **mean** gradient over these rows, named like `weights` |
# | `flatten(arrays)` | a dictionary of arrays as one long array |
# | `unflatten(x, like)` | and back: `x` cut into arrays with the names and shapes of `like` |
#
# `rows` is one row of characters or more. Each takes `ROW` seconds of virtual time, and a rank has
# memory for `ROOM` of them at once. If you wrote a ring of your own in the lesson on collectives,
# paste it in and use that.
#
# Stuck? `hint("train")` gives one hint at a time, three in all. To try a function, run it in a cell
# of your own:
#
# ```python
# from hpclab.comm import run
#
# numbers = text.encode(text.write(10_000))
# batches = np.stack([text.batch(numbers, 8, 8, step) for step in range(20)])
# weights = transformer.start(28, width=8, context=8, blocks=1)
# done = run(train, 4, weights, batches, 0.1)
# print(done)
# print(transformer.loss(done.results[0], batches[-1]))
# ```

# %%
import numpy as np

from hpclab import check, hint
from hpclab.comm import ring
from hpclab.models import text, transformer
from hpclab.models.transformer import flatten, unflatten

ROOM = 8  # rows that fit into the memory of a rank
ROW = 1e-4  # seconds of virtual time that the gradient of one row takes


def gradients(comm, weights, rows):
    """The mean gradient over `rows`, (rows, length + 1) characters; a dictionary like `weights`."""
    if len(rows) > ROOM:
        raise MemoryError(f"{len(rows)} rows; a rank has memory for {ROOM}.")
    comm.work(ROW * len(rows))
    return transformer.loss_and_gradients(weights, rows)[1]


# %% [markdown]
# ## `train` (core): many ranks, one model
#
# This trains on one process, a step for each batch (plain gradient descent, SGD):
#
# ```python
# def alone(comm, weights, batches, rate):
#     for batch in batches:
#         found = gradients(comm, weights, batch)
#         weights = {name: weights[name] - rate * found[name] for name in weights}
#     return weights
# ```
#
# Every rank is given the same weights and the same batches. Make the ranks share the work, so that
# the weights come out as if there were one process.
#
# 1. Of each batch a rank takes **its own rows**: `np.array_split(batch, comm.size)[comm.rank]`, and
#    computes the gradient of these alone.
# 2. Rows may not divide by ranks: 8 rows on 3 ranks are 3, 3 and 2. What is wanted is the mean over
#    all rows of the batch, and a row counts the same whoever had it. A rank may have none at all,
#    and must take part in the sum with zeros.
# 3. **One** all-reduce a step, of one flat array: 2 (p − 1) messages a rank, and with N parameters
#    of 4 bytes exactly **2 (p − 1) × 4N bytes** a step, all ranks together. The array has the dtype
#    of the weights.
# 4. Every rank returns the weights after the last step, the same to the bit, in the dtype in which
#    they came.


# %% task="train"
def train(comm, weights, batches, rate):
    """The weights after one step of gradient descent for each batch, on every rank.

    weights: dictionary of arrays; batches: (steps, rows, length + 1) characters; rate: float.
    """
    ### BEGIN SOLUTION
    for batch in batches:
        mine = np.array_split(batch, comm.size)[comm.rank]
        if len(mine):
            share = len(mine) / len(batch)  # a Python float leaves float32 as it is
            x = flatten(gradients(comm, weights, mine)) * share
        else:
            x = np.zeros_like(flatten(weights))
        found = unflatten(ring.allreduce(comm, x), weights)
        weights = {name: weights[name] - rate * found[name] for name in weights}
    return weights
    ### END SOLUTION


# %% check="train"

# %% [markdown]
# ## `accumulate` (stretch): a batch that does not fit
#
# A batch of 32 rows on 2 ranks is 16 rows a rank, and a rank has memory for `ROOM` = 8. Compute the
# gradient in pieces of at most `ROOM` rows, add them up, and all-reduce **once**, at the end. The
# result is the mean gradient over the whole batch, as if it had fitted. The last piece may be
# smaller than the others, and the ranks may have different numbers of pieces. Every rank has at
# least one row.


# %% task="accumulate"
def accumulate(comm, weights, batch):
    """The mean gradient over all rows of `batch`, on every rank: a dictionary like `weights`."""
    ### BEGIN SOLUTION
    mine = np.array_split(batch, comm.size)[comm.rank]
    total = np.zeros_like(flatten(weights))
    for first in range(0, len(mine), ROOM):
        piece = mine[first : first + ROOM]
        total += flatten(gradients(comm, weights, piece)) * (len(piece) / len(batch))
    return unflatten(ring.allreduce(comm, total), weights)
    ### END SOLUTION


# %% check="accumulate"

# %% [markdown]
# ## `overlapped` (stretch): send while you compute
#
# The backward pass makes gradients layer by layer, the last layer first. There is no need to wait
# for the first layer: gradients that are there can be on their way. Sending each by itself costs
# many α, so they are gathered in *buckets*. Say when the last sum is there. Time begins with the
# backward pass, and `layers` are in its order:
#
# - A layer's gradient is ready when its own seconds, and those of all layers before, are over.
# - It goes into the open bucket. When that holds `capacity` bytes **or more**, or the layer is the
#   last one, the bucket is closed. The next layer opens a new one.
# - The all-reduce of a closed bucket of n bytes takes 2 (p − 1) (α + β n/p) seconds. The network
#   does one at a time, in order. Computing goes on meanwhile.
#
# For example 4 layers of 1 MB and 1 ms each, p = 4, α = 10 µs, β = 1 ns. Buckets of 2 MB close at
# 2 and at 4 ms, and each takes 6 (10 + 500) µs = 3.06 ms: the first ends at 5.06 ms, the second
# starts then and ends at 8.12 ms.


# %% task="overlapped"
def overlapped(layers, capacity, p, alpha, beta):
    """Seconds from the start of the backward pass until the last bucket is summed.

    layers: list of (bytes, seconds); capacity: bytes; p: ranks; alpha: s; beta: s/byte.
    """
    ### BEGIN SOLUTION
    ready = free = held = 0
    for number, (size, seconds) in enumerate(layers, start=1):
        ready += seconds
        held += size
        if held >= capacity or number == len(layers):
            free = max(ready, free) + 2 * (p - 1) * (alpha + beta * held / p)
            held = 0
    return free
    ### END SOLUTION


# %% check="overlapped"

# %% [markdown]
# ## `best_capacity` (stretch): how large a bucket?
#
# With small buckets each pays its 2 (p − 1) α; with large ones the network waits for the first and
# computing is over before the last. Return a capacity whose time, by the rules of `overlapped`, is
# at most 1 % above that of the best capacity there is. (Which capacities give different buckets at
# all? There are not so many.)


# %% task="best_capacity"
def best_capacity(layers, p, alpha, beta):
    """A capacity in bytes, of which `overlapped` is as short as can be. Arguments as there."""
    ### BEGIN SOLUTION
    sums = {
        sum(size for size, _ in layers[first:last])
        for first in range(len(layers))
        for last in range(first + 1, len(layers) + 1)
    }
    return min(sums, key=lambda capacity: overlapped(layers, capacity, p, alpha, beta))
    ### END SOLUTION


# %% check="best_capacity"

# %% [markdown]
# ## `rows_for` (stretch): a rank is slow, a rank is dead
#
# A step is as slow as its slowest rank. Rank 2 is in a hot corner of the machine room and takes
# 3 ms for a row where the others take 1 ms. Equal rows for all would make everybody wait for it,
# in every step. But your `train` weighs gradients by rows, so that shares need not be equal.
#
# Here is what the ranks have done so far:
#
# ```python
# def rows_for(seconds, rows):
#     p = len(seconds)
#     return [rows // p + (rank < rows % p) for rank in range(p)]
# ```
#
# Change it: `seconds[r]` is what rank r takes for one row; a dead rank has infinity and gets
# nothing. Return whole numbers of rows, one for each rank, that add up to `rows` and make the
# slowest rank's time, the largest of `seconds[r] * n[r]`, as short as possible. At least one rank
# lives. If several answers are as good, any will do.


# %% task="rows_for"
def rows_for(seconds, rows):
    """How many rows each rank gets: a list of int. seconds: s a row, by rank; rows: int."""
    ### BEGIN SOLUTION
    given = [0] * len(seconds)
    for _ in range(rows):  # each row to whoever would be done with it first
        ends = [s * (n + 1) for s, n in zip(seconds, given, strict=True)]
        given[ends.index(min(ends))] += 1
    return given
    ### END SOLUTION


# %% check="rows_for"
