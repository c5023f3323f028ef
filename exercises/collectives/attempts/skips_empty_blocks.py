# fails: ring_of_any_size
# Right only for the sizes shown: sends no empty blocks, and waits for those that nobody sent.
# %% task="ring_allreduce"
def ring_allreduce(comm, x):
    p, rank = comm.size, comm.rank
    right, left = (rank + 1) % p, (rank - 1) % p
    total = x.copy()
    part = blocks(total, p)

    def swap(out):
        return comm.sendrecv(out, right, left) if len(out) else comm.recv(left)

    for step in range(p - 1):
        part[(rank - step - 1) % p] += swap(part[(rank - step) % p])
    for step in range(p - 1):
        part[(rank - step) % p][:] = swap(part[(rank + 1 - step) % p])
    return total
