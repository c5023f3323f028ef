# fails: few_tasks, ends_soon
# Slow but right: the NumPy line as it stands, five tasks for every little box.
# %% task="extremes"
def extremes(x, limit):
    return (x > x.mean(axis=0) + 2 * x.std(axis=0)).mean(axis=0)
