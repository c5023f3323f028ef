# fails: many_samples
# Right only for the sizes shown: a binomial coefficient of 2,001 does not fit into a float.
# %% task="interval"
def interval(samples, level):
    ordered = sorted(samples)
    n = len(ordered)
    best = None
    missed = 0.0
    for d in range(1, n // 2 + 1):
        missed += math.comb(n, d - 1) * 0.5**n
        if 1 - 2 * missed < level:
            break
        best = ordered[d - 1], ordered[n - d], 1 - 2 * missed
    return best
