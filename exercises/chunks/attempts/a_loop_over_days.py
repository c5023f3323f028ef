# fails: daily_few_tasks
# A Python loop over days and a stack of little arrays: a handful of tasks for every day and box.
# %% task="daily_max"
def daily_max(x, per_day):
    days = x.shape[0] // per_day
    return da.stack([x[i * per_day : (i + 1) * per_day].max(axis=0) for i in range(days)])
