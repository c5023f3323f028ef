# fails: weighs_its_groups
# Right only where all chunks have the same number of members: the formula for two equal groups.
# %% task="spread"
def spread(states):
    def moments(block):
        h = block[:, 0]
        mean = h.mean(axis=0)
        return len(h), mean, ((h - mean) ** 2).sum(axis=0)

    def merge(a, b):
        n = a[0] + b[0]
        return n, (a[1] + b[1]) / 2, a[2] + b[2] + (b[1] - a[1]) ** 2 * n / 4

    def finish(group):
        return np.stack([group[1], np.sqrt(group[2] / (group[0] - 1))])

    groups = [delayed(moments)(block) for block in states.to_delayed().ravel()]
    while len(groups) > 1:
        pairs = zip(groups[::2], groups[1::2], strict=False)
        merged = [delayed(merge)(a, b) for a, b in pairs]
        groups = merged + groups[2 * len(merged) :]
    return da.from_delayed(delayed(finish)(groups[0]), (2, *states.shape[2:]), dtype=float)
