# fails: daily_moves_little, daily_fits
# Slow but right: puts all of time into one chunk to be safe from borders, and the memory is gone.
# %% task="daily_max"
def daily_max(x, per_day):
    days = x.shape[0] // per_day
    x = x[: days * per_day].rechunk(-1)
    return x.reshape(days, per_day, *x.shape[1:]).max(axis=1)
