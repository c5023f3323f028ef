# fails: doubling_of_any_size
# Right only for the sizes shown: folds the last rank, and the other 6 of 7 are no power of two.
# %% task="doubling_allreduce"
def doubling_allreduce(comm, x):
    p = comm.size
    odd = p & (p - 1) != 0
    if odd and comm.rank == p - 1:
        comm.send(x, 0)
        return comm.recv(0)
    total = x.copy()
    if odd and comm.rank == 0:
        total += comm.recv(p - 1)
    distance = 1
    while distance < p - odd:
        partner = comm.rank ^ distance
        total += comm.sendrecv(total, partner, partner)
        distance *= 2
    if odd and comm.rank == 0:
        comm.send(total, p - 1)
    return total
