# fails: agrees_with_numpy
# Ends with .compute(): the caller gets a NumPy array and cannot put anything behind it.
# %% task="extremes"
def extremes(x, limit):
    places = {axis: "auto" for axis in range(1, x.ndim)}
    x = x.rechunk({0: -1, **places}, block_size_limit=limit)
    return (x > x.mean(axis=0) + 2 * x.std(axis=0)).mean(axis=0).compute(scheduler="synchronous")
