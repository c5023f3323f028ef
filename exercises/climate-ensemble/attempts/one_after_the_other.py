# fails: merges_in_pairs
# Slow but right: each chunk is merged into what there is, one after the other.
# %% task="spread"
def spread(states):
    def moments(block):
        h = block[:, 0]
        mean = h.mean(axis=0)
        return len(h), mean, ((h - mean) ** 2).sum(axis=0)

    def merge(a, b):
        n = a[0] + b[0]
        apart = b[1] - a[1]
        return n, a[1] + apart * (b[0] / n), a[2] + b[2] + apart**2 * (a[0] * b[0] / n)

    def finish(group):
        return np.stack([group[1], np.sqrt(group[2] / (group[0] - 1))])

    first, *others = [delayed(moments)(block) for block in states.to_delayed().ravel()]
    for other in others:
        first = delayed(merge)(first, other)
    return da.from_delayed(delayed(finish)(first), (2, *states.shape[2:]), dtype=float)
