# fails: builds_only
# Computes mean and standard deviation while building, "to save memory": reads everything twice.
# %% task="extremes"
def extremes(x, limit):
    places = {axis: "auto" for axis in range(1, x.ndim)}
    x = x.rechunk({0: -1, **places}, block_size_limit=limit)
    threshold = (x.mean(axis=0) + 2 * x.std(axis=0)).compute(scheduler="synchronous")
    return (x > threshold).mean(axis=0)
