# fails: takes_uneven_rows, takes_ranks_without_rows
# Right only for the sizes shown: divides by the ranks, as if all had equally many rows.
# %% task="train"
def train(comm, weights, batches, rate):
    for batch in batches:
        mine = np.array_split(batch, comm.size)[comm.rank]
        if len(mine):
            x = flatten(gradients(comm, weights, mine))
        else:
            x = np.zeros_like(flatten(weights))
        found = unflatten(ring.allreduce(comm, x) / comm.size, weights)
        weights = {name: weights[name] - rate * found[name] for name in weights}
    return weights
