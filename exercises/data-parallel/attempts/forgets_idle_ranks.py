# fails: takes_ranks_without_rows
# Right only for the sizes shown: a rank without rows has no gradient, and the others no sum.
# %% task="train"
def train(comm, weights, batches, rate):
    for batch in batches:
        mine = np.array_split(batch, comm.size)[comm.rank]
        x = flatten(gradients(comm, weights, mine)) * (len(mine) / len(batch))
        found = unflatten(ring.allreduce(comm, x), weights)
        weights = {name: weights[name] - rate * found[name] for name in weights}
    return weights
