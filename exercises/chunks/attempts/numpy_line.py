# fails: few_tasks
# The NumPy line as it stands: right, and five tasks for every little box.
# %% task="extremes"
def extremes(x, limit):
    return (x > x.mean(axis=0) + 2 * x.std(axis=0)).mean(axis=0)
