# fails: trains_like_one
# Adds the ranks' means and forgets to divide: with p ranks, steps p times too long.
# %% task="train"
def train(comm, weights, batches, rate):
    for batch in batches:
        mine = np.array_split(batch, comm.size)[comm.rank]
        found = unflatten(ring.allreduce(comm, flatten(gradients(comm, weights, mine))), weights)
        weights = {name: weights[name] - rate * found[name] for name in weights}
    return weights
