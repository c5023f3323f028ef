# fails: diagnose_by_doublings
# Compares the ends: a slope needs to know how many doublings lie between them.
# %% task="diagnose"
def diagnose(seconds):
    one = seconds[1]
    found = [(t / one - 1 / p) / (1 - 1 / p) for p, t in sorted(seconds.items()) if p >= 4]
    if len(found) < 3:
        return "too few"
    mean = sum(found) / len(found)
    if mean < 0.001:
        return "nothing"
    if found[-1] - found[0] > 0.1 * mean:
        return "overhead"
    if found[-1] - found[0] < -0.1 * mean:
        return "slow cores"
    return "serial part"
