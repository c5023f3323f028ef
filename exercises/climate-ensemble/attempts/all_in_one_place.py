# fails: sends_little, spread_fits
# Slow but right: brings all heights to one worker, and all of them have to fit there.
# %% task="spread"
def spread(states):
    h = states[:, 0].rechunk({0: -1})
    return da.stack([h.mean(axis=0), h.std(axis=0, ddof=1)])
