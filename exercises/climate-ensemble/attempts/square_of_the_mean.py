# fails: sees_a_millimetre
# Fast but wrong: the mean of the squares less the square of the mean. One pass and two fields, and
# nothing is left of a small spread.
# %% task="spread"
def spread(states):
    def sums(block):
        h = block[:, 0]
        return len(h), h.sum(axis=0), (h**2).sum(axis=0)

    def merge(a, b):
        return a[0] + b[0], a[1] + b[1], a[2] + b[2]

    def finish(group):
        n, total, squares = group
        mean = total / n
        variance = np.maximum(squares / n - mean**2, 0) * n / (n - 1)
        return np.stack([mean, np.sqrt(variance)])

    groups = [delayed(sums)(block) for block in states.to_delayed().ravel()]
    while len(groups) > 1:
        pairs = zip(groups[::2], groups[1::2], strict=False)
        merged = [delayed(merge)(a, b) for a, b in pairs]
        groups = merged + groups[2 * len(merged) :]
    return da.from_delayed(delayed(finish)(groups[0]), (2, *states.shape[2:]), dtype=float)
