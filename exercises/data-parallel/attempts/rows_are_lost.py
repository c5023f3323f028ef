# fails: equal_ranks_share_equally, no_better_shares
# Fast but wrong: rounds each share, and the sum is what it is.
# %% task="rows_for"
def rows_for(seconds, rows):
    total = sum(1 / s for s in seconds)
    return [round(rows / s / total) for s in seconds]
