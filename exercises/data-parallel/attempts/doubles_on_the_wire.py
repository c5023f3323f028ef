# fails: sends_each_byte_once, sends_one_buffer
# A share that is a NumPy float64 makes the buffer float64: twice the bytes.
# %% task="train"
def train(comm, weights, batches, rate):
    for batch in batches:
        mine = np.array_split(batch, comm.size)[comm.rank]
        share = np.float64(len(mine)) / len(batch)
        x = np.zeros_like(flatten(weights)) * share
        if len(mine):
            x = flatten(gradients(comm, weights, mine)) * share
        found = unflatten(ring.allreduce(comm, x), weights)
        weights = {
            name: (array - rate * found[name]).astype(array.dtype)
            for name, array in weights.items()
        }
    return weights
