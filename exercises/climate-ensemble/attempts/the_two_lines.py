# fails: sends_little
# Slow but right: the two lines. Dask sends sums, means, squares and counts of its own.
# %% task="spread"
def spread(states):
    h = states[:, 0]
    return da.stack([h.mean(axis=0), h.std(axis=0, ddof=1)])
