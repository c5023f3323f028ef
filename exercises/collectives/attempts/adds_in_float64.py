# fails: ring_takes_uneven_blocks, ring_of_any_size
# Sums into np.zeros, which is float64: twice the bytes for float32, and another type comes back.
# %% task="ring_allreduce"
def ring_allreduce(comm, x):
    p, rank = comm.size, comm.rank
    right, left = (rank + 1) % p, (rank - 1) % p
    total = np.zeros(len(x))
    total += x
    part = blocks(total, p)
    for step in range(p - 1):
        part[(rank - step - 1) % p] += comm.sendrecv(part[(rank - step) % p], right, left)
    for step in range(p - 1):
        part[(rank - step) % p][:] = comm.sendrecv(part[(rank + 1 - step) % p], right, left)
    return total
