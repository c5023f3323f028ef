# fails: takes_uneven_pieces
# Right only for the sizes shown: the mean of the pieces' means.
# %% task="accumulate"
def accumulate(comm, weights, batch):
    mine = np.array_split(batch, comm.size)[comm.rank]
    pieces = [mine[first : first + ROOM] for first in range(0, len(mine), ROOM)]
    total = sum(flatten(gradients(comm, weights, piece)) for piece in pieces) / len(pieces)
    return unflatten(ring.allreduce(comm, total / comm.size), weights)
