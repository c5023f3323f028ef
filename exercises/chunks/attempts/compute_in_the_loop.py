# fails: daily_agrees
# Computes each day in the loop: every turn starts a calculation of its own, nothing is lazy.
# %% task="daily_max"
def daily_max(x, per_day):
    days = x.shape[0] // per_day
    highest = [x[i * per_day : (i + 1) * per_day].max(axis=0).compute() for i in range(days)]
    return np.stack(highest)
