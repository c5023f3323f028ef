# fails: works_for_features
# Thinks that every array has a latitude and a longitude.
# %% task="extremes"
def extremes(x, limit):
    x = x.rechunk({0: -1, 1: "auto", 2: "auto"}, block_size_limit=limit)
    return (x > x.mean(axis=0) + 2 * x.std(axis=0)).mean(axis=0)
