# fails: daily_few_tasks, daily_moves_little
# Slow but right: a Python loop over days and a stack of little arrays. Every day and box has its
# tasks, and each gets a whole chunk sent.
# %% task="daily_max"
def daily_max(x, per_day):
    days = x.shape[0] // per_day
    return da.stack([x[i * per_day : (i + 1) * per_day].max(axis=0) for i in range(days)])
