# fails: spread_agrees
# Fast but wrong: the mean of each chunk's own spread leaves out how far the chunks lie apart.
# %% task="spread"
def spread(states):
    def own(block):
        h = block[:, 0]
        return np.stack([h.mean(axis=0), h.std(axis=0, ddof=1)])

    def mean(parts):
        return sum(parts) / len(parts)

    parts = [delayed(own)(block) for block in states.to_delayed().ravel()]
    return da.from_delayed(delayed(mean)(parts), (2, *states.shape[2:]), dtype=float)
