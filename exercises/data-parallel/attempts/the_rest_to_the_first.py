# fails: no_better_shares
# Right only for the sizes shown: rounds down, and gives the rest to the first ranks, one each.
# %% task="rows_for"
def rows_for(seconds, rows):
    total = sum(1 / s for s in seconds)
    given = [int(rows / s / total + 1e-9) for s in seconds]
    for rank in range(rows - sum(given)):
        given[rank] += 1
    return given
