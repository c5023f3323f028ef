# fails: a_slow_rank_gets_less, a_dead_rank_gets_nothing
# Slow but right sums: what the task begins with.
# %% task="rows_for"
def rows_for(seconds, rows):
    p = len(seconds)
    return [rows // p + (rank < rows % p) for rank in range(p)]
