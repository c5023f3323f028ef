# fails: trains_like_one, sends_each_byte_once, sends_one_buffer
# Fast but wrong: every rank trains a model of its own on its own rows.
# %% task="train"
def train(comm, weights, batches, rate):
    for batch in batches:
        found = gradients(comm, weights, np.array_split(batch, comm.size)[comm.rank])
        weights = {name: weights[name] - rate * found[name] for name in weights}
    return weights
