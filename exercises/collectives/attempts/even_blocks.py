# fails: ring_takes_uneven_blocks, ring_of_any_size
# Right only for the sizes shown first: p must divide the length.
# %% task="ring_allreduce"
def ring_allreduce(comm, x):
    p, rank = comm.size, comm.rank
    right, left = (rank + 1) % p, (rank - 1) % p
    part = x.reshape(p, -1).copy()
    for step in range(p - 1):
        part[(rank - step - 1) % p] += comm.sendrecv(part[(rank - step) % p], right, left)
    for step in range(p - 1):
        part[(rank - step) % p] = comm.sendrecv(part[(rank + 1 - step) % p], right, left)
    return part.reshape(-1)
