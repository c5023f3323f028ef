# fails: sends_each_byte_once, sends_one_buffer, ranks_agree_to_the_bit
# Everybody gets everybody's gradient, and adds them in an order of its own.
# %% task="train"
def train(comm, weights, batches, rate):
    for batch in batches:
        mine = np.array_split(batch, comm.size)[comm.rank]
        x = np.zeros_like(flatten(weights))
        if len(mine):
            x = flatten(gradients(comm, weights, mine)) * (len(mine) / len(batch))
        everybody = comm.allgather(x)
        for step in range(1, comm.size):
            x = x + everybody[(comm.rank + step) % comm.size]
        found = unflatten(x, weights)
        weights = {name: weights[name] - rate * found[name] for name in weights}
    return weights
