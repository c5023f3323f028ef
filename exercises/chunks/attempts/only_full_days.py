# fails: drops_the_last_day
# Never tried a recording that stops in the afternoon.
# %% task="daily_max"
def daily_max(x, per_day):
    return da.coarsen(np.max, x, {0: per_day})
