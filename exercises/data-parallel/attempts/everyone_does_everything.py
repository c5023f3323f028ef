# fails: sends_each_byte_once, sends_one_buffer, shares_the_work
# Slow but right: every rank computes all rows. No messages, and no gain.
# %% task="train"
def train(comm, weights, batches, rate):
    for batch in batches:
        found = gradients(comm, weights, batch)
        weights = {name: weights[name] - rate * found[name] for name in weights}
    return weights
