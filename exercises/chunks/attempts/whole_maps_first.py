# fails: daily_moves_little
# Slow but right: merges the boxes to whole maps first, which no day has asked for.
# %% task="daily_max"
def daily_max(x, per_day):
    x = x.rechunk({axis: -1 for axis in range(1, x.ndim)})
    return da.coarsen(np.max, x, {0: per_day}, trim_excess=True)
