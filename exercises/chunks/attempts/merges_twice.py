# fails: sends_once
# Slow but right: larger chunks first, of any shape, then the right ones. All of x is sent twice.
# %% task="extremes"
def extremes(x, limit):
    places = {axis: "auto" for axis in range(1, x.ndim)}
    x = x.rechunk("auto", block_size_limit=limit)
    x = x.rechunk({0: -1, **places}, block_size_limit=limit)
    return (x > x.mean(axis=0) + 2 * x.std(axis=0)).mean(axis=0)
