# fails: ring_sums
# In the second half, puts what comes in into the list and not into the array: `total` keeps its
# unfinished blocks.
# %% task="ring_allreduce"
def ring_allreduce(comm, x):
    p, rank = comm.size, comm.rank
    right, left = (rank + 1) % p, (rank - 1) % p
    total = x.copy()
    part = blocks(total, p)
    for step in range(p - 1):
        part[(rank - step - 1) % p] += comm.sendrecv(part[(rank - step) % p], right, left)
    for step in range(p - 1):
        part[(rank - step) % p] = comm.sendrecv(part[(rank + 1 - step) % p], right, left)
    return total
