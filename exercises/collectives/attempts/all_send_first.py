# fails: ring_needs_no_buffer
# Every rank sends before it receives. Nobody receives, so nobody's send ever ends.
# %% task="ring_allreduce"
def ring_allreduce(comm, x):
    p, rank = comm.size, comm.rank
    right, left = (rank + 1) % p, (rank - 1) % p
    total = x.copy()
    part = blocks(total, p)
    for step in range(p - 1):
        comm.send(part[(rank - step) % p], right)
        part[(rank - step - 1) % p] += comm.recv(left)
    for step in range(p - 1):
        comm.send(part[(rank + 1 - step) % p], right)
        part[(rank - step) % p][:] = comm.recv(left)
    return total
