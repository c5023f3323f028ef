# fails: sends_one_buffer
# Slow but right: the communicator's own all-reduce goes by way of rank 0. The same bytes in all,
# but some ranks send far more of them than others.
# %% task="train"
def train(comm, weights, batches, rate):
    for batch in batches:
        mine = np.array_split(batch, comm.size)[comm.rank]
        x = np.zeros_like(flatten(weights))
        if len(mine):
            x = flatten(gradients(comm, weights, mine)) * (len(mine) / len(batch))
        found = unflatten(comm.allreduce(x), weights)
        weights = {name: weights[name] - rate * found[name] for name in weights}
    return weights
