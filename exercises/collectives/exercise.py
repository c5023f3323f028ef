# %% [markdown]
# # Exercise: collectives
#
# Five tasks, written with messages alone. `ring_allreduce` is the core; the other four are stretch
# tasks, in any order. The last one measures your own two all-reduces against each other.
#
# Each function runs on every rank at the same time. A rank is a process of its own: it sees its
# own arguments and nothing of the others. It has
#
# | call | what it does |
# |---|---|
# | `comm.rank`, `comm.size` | who am I, of how many |
# | `comm.send(value, dest)` | send a copy of `value` to rank `dest` |
# | `comm.recv(source)` | wait for the next message from rank `source`; return what it holds |
# | `comm.sendrecv(value, dest, source)` | both at once: send to `dest`, return what `source` sent |
#
# Use these and no others: `comm` has collectives of its own, and a check counts their messages.
# Messages, bytes and steps are counted, time is virtual (α seconds a message, β seconds a byte),
# and neither depends on how fast your computer is. Stuck? `hint("ring_allreduce")` gives one hint
# at a time, three in all.
#
# To try a function, run it on four ranks in a cell of your own. `each` has one value for each rank:
#
# ```python
# from hpclab.comm import run
#
# done = run(ring_allreduce, 4, each=[np.arange(12.0) + rank for rank in range(4)])
# print(done)
# print(done.results[0], done.messages, done.bytes, done.steps)
# ```
#
# A `print` inside the function is shown when the run has ended, rank by rank. If nobody can go on,
# the run ends at once and says who waits for whom.

# %%
import numpy as np

from hpclab import check, hint


def blocks(x, p):
    """`x` cut into `p` blocks. They are views: what you write to a block is written to `x`.

    Where p does not divide the length, the first blocks are one element longer. Where there are
    fewer elements than blocks, the last blocks are empty.
    """
    return np.array_split(x, p)


# %% [markdown]
# ## `ring_allreduce` (core): everyone gets the sum, nobody is the root
#
# Each rank has its own array `x`, a gradient say. All ranks shall return the sum of all of them.
# The ranks stand in a ring: rank r sends only to its right neighbour, (r + 1) mod p, and receives
# only from its left one, (r − 1) mod p. Cut a *copy* of `x` into p blocks. Then, for 4 ranks:
#
# | step | rank 0 sends | rank 1 sends | rank 2 sends | rank 3 sends | and with what comes in |
# |---|---|---|---|---|---|
# | 1 | block 0 | block 1 | block 2 | block 3 | **add** it to your block of that number |
# | 2 | block 3 | block 0 | block 1 | block 2 | add |
# | 3 | block 2 | block 3 | block 0 | block 1 | add |
# | 4 | block 1 | block 2 | block 3 | block 0 | **put** it in place of your block |
# | 5 | block 0 | block 1 | block 2 | block 3 | put |
# | 6 | block 3 | block 0 | block 1 | block 2 | put |
#
# Follow block 0: it leaves rank 0 in step 1, and in each step the next rank adds its own numbers
# and passes it on. After step 3 rank 3 has the full sum of block 0, and each other rank has that of
# another block. Steps 4 to 6 carry the finished blocks round once more.
#
# 1. Every rank returns the sum: a new array of the shape and dtype of `x`.
# 2. Exactly **2 (p − 1) messages** a rank, of **one block** each, for any p. Empty blocks are sent
#    too.
# 3. **2 (p − 1) steps**: all ranks send at the same time, as in the table.
# 4. It also ends where `send` waits until the message is received (`synchronous=True`), as MPI may
#    do it.


# %% task="ring_allreduce"
def ring_allreduce(comm, x):
    """The sum of all ranks' x, on every rank, by a ring.

    x: 1-D array; every rank gives one of the same length and dtype, and keeps it as it is.
    Returns a new array of the shape and dtype of x.
    """
    ### BEGIN SOLUTION
    p, rank = comm.size, comm.rank
    right, left = (rank + 1) % p, (rank - 1) % p
    total = x.copy()
    part = blocks(total, p)
    for step in range(p - 1):  # what comes in is one block behind what goes out
        part[(rank - step - 1) % p] += comm.sendrecv(part[(rank - step) % p], right, left)
    for step in range(p - 1):
        part[(rank - step) % p][:] = comm.sendrecv(part[(rank + 1 - step) % p], right, left)
    return total
    ### END SOLUTION


# %% check="ring_allreduce"

# %% [markdown]
# ## `broadcast` (stretch): tell everyone
#
# One rank, `root`, has a value; all shall return it. Here is a broadcast that is right and slow.
# The root sends p − 1 messages, one after the other, and everybody else does nothing but wait:
#
# ```python
# def broadcast(comm, value, root):
#     if comm.rank == root:
#         for dest in range(comm.size):
#             if dest != root:
#                 comm.send(value, dest)
#         return value
#     return comm.recv(root)
# ```
#
# Change it: whoever has the value can pass it on. It shall take at most **⌈log₂ p⌉ steps**, for
# any p and any root, and still **p − 1 messages** in all.


# %% task="broadcast"
def broadcast(comm, value, root):
    """`value` of rank `root`, on every rank; on the other ranks `value` is None.

    value: an array, a number, a string, ...; root: int.
    """
    ### BEGIN SOLUTION
    p = comm.size
    me = (comm.rank - root) % p  # numbered from the root
    have = 1  # ranks 0 to have - 1 know the value
    while have < p:
        if me < have:
            if me + have < p:
                comm.send(value, (me + have + root) % p)
        elif me < 2 * have:
            value = comm.recv((me - have + root) % p)
        have *= 2
    return value
    ### END SOLUTION


# %% check="broadcast"

# %% [markdown]
# ## `reduce` (stretch): the way back
#
# Each rank has an array; rank `root` shall return their sum, all others `None`. At most
# **⌈log₂ p⌉ steps** where `send` waits until the message is received, for any p and any root, and
# **p − 1 messages** in all.
#
# Why with waiting sends? In the other kind, receiving costs nothing on the virtual clock. p − 1
# messages that arrive at the root at the same moment are one step then, which no network can do.
# With sends that wait they queue at the root, as they should.


# %% task="reduce"
def reduce(comm, x, root):
    """The sum of all ranks' x on rank `root`; None on the others.

    x: 1-D array, of the same length and dtype on every rank; keep it as it is. root: int.
    """
    ### BEGIN SOLUTION
    p = comm.size
    me = (comm.rank - root) % p
    total = x.copy()
    distance = 1
    while distance < p:
        if me % (2 * distance):
            comm.send(total, (me - distance + root) % p)
            return None
        if me + distance < p:
            total += comm.recv((me + distance + root) % p)
        distance *= 2
    return total
    ### END SOLUTION


# %% check="reduce"

# %% [markdown]
# ## `doubling_allreduce` (stretch): few steps instead of few bytes
#
# All ranks shall return the sum again, now in as few steps as possible. Let p be a power of two.
# In the first step the ranks 2k and 2k + 1 swap *all* they have, and both add: everyone knows the
# sum of two. In the second step ranks two apart swap these sums: everyone knows four. After log₂ p
# steps everyone knows all. In each step a rank's partner is `comm.rank ^ distance`, for the
# distances 1, 2, 4, ... (`^` flips that bit of the number).
#
# 1. For p a power of two: **log₂ p steps**, as many messages a rank, each of the whole array. Also
#    where `send` waits.
# 2. For any other p: at most **⌊log₂ p⌋ + 2 steps**. Fold: those ranks that are too many give
#    their array to another rank first, and get the sum from it in the end.


# %% task="doubling_allreduce"
def doubling_allreduce(comm, x):
    """The sum of all ranks' x, on every rank, by recursive doubling.

    x: 1-D array, of the same length and dtype on every rank; keep it as it is.
    Returns a new array of the shape and dtype of x.
    """
    ### BEGIN SOLUTION
    power = 1
    while 2 * power <= comm.size:
        power *= 2
    if comm.rank >= power:
        comm.send(x, comm.rank - power)
        return comm.recv(comm.rank - power)
    total = x.copy()
    folded = comm.rank + power
    if folded < comm.size:
        total += comm.recv(folded)
    distance = 1
    while distance < power:
        partner = comm.rank ^ distance
        total += comm.sendrecv(total, partner, partner)
        distance *= 2
    if folded < comm.size:
        comm.send(total, folded)
    return total
    ### END SOLUTION


# %% check="doubling_allreduce"

# %% [markdown]
# ## `crossover` (stretch): which of the two?
#
# On the virtual clock a message of n bytes takes α + β n seconds. What does a ring take for an
# array of n bytes that is cut into p equal blocks, and what does doubling, for p a power of two?
# For short arrays doubling is the faster one, for long arrays the ring. Return the n at which both
# take the same time, as a `float`, in bytes. Return `None` if there is no such n above 0.
#
# One check runs *your* `ring_allreduce` and *your* `doubling_allreduce` on either side of *your*
# crossover.


# %% task="crossover"
def crossover(p, alpha, beta):
    """Bytes at which a ring and recursive doubling take equally long, or None.

    p: ranks, a power of two, at least 2; alpha: s a message, beta: s a byte, both above 0.
    """
    ### BEGIN SOLUTION
    rounds = p.bit_length() - 1  # log2 p
    fewer_messages = 2 * (p - 1) - rounds
    fewer_bytes = rounds - 2 * (p - 1) / p  # of n, that a rank of the ring sends
    if fewer_bytes <= 0:
        return None
    return alpha / beta * fewer_messages / fewer_bytes
    ### END SOLUTION


# %% check="crossover"

# %% [markdown]
# ## Your ring over MPI (nothing to hand in)
#
# `comm` can be MPI's. Put your function and these lines into a file `my_ring.py`:
#
# ```python
# import numpy as np
#
# from hpclab.comm import mpi
#
# comm = mpi.world()
# total = ring_allreduce(comm, np.arange(10.0) + comm.rank)
# print(comm.rank, total, comm.sent_messages, comm.sent_bytes)
# ```
#
# and start four processes of it, in an environment that has hpclab:
#
# ```
# python -m pip install mpi4py mpich
# mpiexec -n 4 python my_ring.py
# ```
#
# Not one line of the function changes, and the counts are those of the checks. On a supercomputer
# the site's own MPI takes the place of `mpich`, and `srun` that of `mpiexec`.
