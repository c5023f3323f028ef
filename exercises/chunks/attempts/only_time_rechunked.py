# fails: few_tasks
# Makes time whole and leaves the other axes as they came: fewer tasks, but a column for each box.
# %% task="extremes"
def extremes(x, limit):
    x = x.rechunk({0: -1})
    return (x > x.mean(axis=0) + 2 * x.std(axis=0)).mean(axis=0)
