# fails: agrees_with_the_table, says_none, other_levels, many_samples
# The formula for large n, used for small ones and for one level alone.
# %% task="interval"
def interval(samples, level):
    ordered = sorted(samples)
    n = len(ordered)
    d = max(1, int((n - 1.96 * math.sqrt(n)) / 2))
    missed = sum(math.comb(n, i) for i in range(d))
    return ordered[d - 1], ordered[n - d], 1 - 2 * missed / 2**n
