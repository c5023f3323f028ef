# fails: sends_once
# Slow but right: an all-reduce for each piece.
# %% task="accumulate"
def accumulate(comm, weights, batch):
    mine = np.array_split(batch, comm.size)[comm.rank]
    total = np.zeros_like(flatten(weights))
    for first in range(0, len(mine), ROOM):
        piece = mine[first : first + ROOM]
        x = flatten(gradients(comm, weights, piece)) * (len(piece) / len(batch))
        total += ring.allreduce(comm, x)
    return unflatten(total, weights)
