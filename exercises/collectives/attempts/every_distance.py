# fails: doubling_sums
# Wrong and slow: distances 1, 2, 3 instead of 1, 2, 4. The third step adds what is there already.
# %% task="doubling_allreduce"
def doubling_allreduce(comm, x):
    total = x.copy()
    for distance in range(1, comm.size):
        partner = comm.rank ^ distance
        total += comm.sendrecv(total, partner, partner)
    return total
