# fails: ring_sends_blocks, ring_takes_uneven_blocks
# Slow but right: everyone sends to rank 0, which adds and answers. Its bytes grow with p.
# %% task="ring_allreduce"
def ring_allreduce(comm, x):
    if comm.rank:
        comm.send(x, 0)
        return comm.recv(0)
    total = x.copy()
    for source in range(1, comm.size):
        total += comm.recv(source)
    for dest in range(1, comm.size):
        comm.send(total, dest)
    return total
