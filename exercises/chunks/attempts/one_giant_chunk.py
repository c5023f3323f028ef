# fails: fits_the_limit, ends_soon, follows_the_limit
# Slow but right. "Dask is slow because of the chunks, so away with them": rechunk(-1) is one
# chunk of everything.
# %% task="extremes"
def extremes(x, limit):
    x = x.rechunk(-1)
    return (x > x.mean(axis=0) + 2 * x.std(axis=0)).mean(axis=0)
