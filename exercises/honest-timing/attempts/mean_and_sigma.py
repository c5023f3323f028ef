# fails: six_samples
# The textbook interval of a mean, for samples that are not normal.
# %% task="interval"
def interval(samples, level):
    middle = statistics.mean(samples)
    half = 1.96 * statistics.stdev(samples) / math.sqrt(len(samples))
    return middle - half, middle + half, level
