# fails: agrees_with_the_table, other_levels, many_samples
# From the smallest to the largest: right, and far wider than it has to be.
# %% task="interval"
def interval(samples, level):
    reached = 1 - 2 / 2 ** len(samples)
    return (min(samples), max(samples), reached) if reached >= level else None
