# fails: follows_the_limit
# A chunk size that worked once, now in every script: the limit is not looked at.
# %% task="extremes"
def extremes(x, limit):
    x = x.rechunk({0: -1, **{axis: 32 for axis in range(1, x.ndim)}})
    return (x > x.mean(axis=0) + 2 * x.std(axis=0)).mean(axis=0)
