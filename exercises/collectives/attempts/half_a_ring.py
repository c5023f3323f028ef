# fails: ring_sums
# Fast but wrong: stops after the first half. Every rank has one finished block, and feels done.
# %% task="ring_allreduce"
def ring_allreduce(comm, x):
    p, rank = comm.size, comm.rank
    right, left = (rank + 1) % p, (rank - 1) % p
    total = x.copy()
    part = blocks(total, p)
    for step in range(p - 1):
        part[(rank - step - 1) % p] += comm.sendrecv(part[(rank - step) % p], right, left)
    return total
