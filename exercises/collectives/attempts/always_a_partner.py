# fails: doubling_folds
# Right only for powers of two: rank 2 of 3 looks for rank 3.
# %% task="doubling_allreduce"
def doubling_allreduce(comm, x):
    total = x.copy()
    distance = 1
    while distance < comm.size:
        partner = comm.rank ^ distance
        total += comm.sendrecv(total, partner, partner)
        distance *= 2
    return total
