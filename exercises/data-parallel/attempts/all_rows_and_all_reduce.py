# fails: shares_the_work
# Slow but right: averages gradients that were the same on every rank to begin with.
# %% task="train"
def train(comm, weights, batches, rate):
    for batch in batches:
        x = flatten(gradients(comm, weights, batch)) / comm.size
        found = unflatten(ring.allreduce(comm, x), weights)
        weights = {name: weights[name] - rate * found[name] for name in weights}
    return weights
