# fails: leaves_samples_alone
# Sorts the caller's samples, and with them goes the order in which they were taken.
# %% task="interval"
def interval(samples, level):
    samples.sort()
    n = len(samples)
    best = None
    missed = 0
    for d in range(1, n // 2 + 1):
        missed += math.comb(n, d - 1)
        if 1 - 2 * missed / 2**n < level:
            break
        best = samples[d - 1], samples[n - d], 1 - 2 * missed / 2**n
    return best
