# fails: sends_one_buffer
# Slow but right: a ring for each of the arrays, and its 2 (p - 1) alpha each time.
# %% task="train"
def train(comm, weights, batches, rate):
    for batch in batches:
        mine = np.array_split(batch, comm.size)[comm.rank]
        share = len(mine) / len(batch)
        if len(mine):
            found = gradients(comm, weights, mine)
        else:
            found = {name: np.zeros_like(array) for name, array in weights.items()}
        found = {name: ring.allreduce(comm, array * share) for name, array in found.items()}
        weights = {name: weights[name] - rate * found[name] for name in weights}
    return weights
