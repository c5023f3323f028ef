# fails: adds_up_to_the_large_batch, sends_once
# Fast but wrong: what a rank has no memory for.
# %% task="accumulate"
def accumulate(comm, weights, batch):
    mine = np.array_split(batch, comm.size)[comm.rank]
    x = flatten(gradients(comm, weights, mine)) * (len(mine) / len(batch))
    return unflatten(ring.allreduce(comm, x), weights)
