# fails: nothing_and_too_few, diagnose_motorbike
# Believes the point at p = 2, where a small error of the time is a large one of the fraction.
# %% task="diagnose"
def diagnose(seconds):
    one = seconds[1]
    points = [(math.log2(p), (t / one - 1 / p) / (1 - 1 / p)) for p, t in seconds.items() if p > 1]
    if len(points) < 3:
        return "too few"
    middle = sum(x for x, _ in points) / len(points)
    mean = sum(y for _, y in points) / len(points)
    if mean < 0.001:
        return "nothing"
    slope = sum((x - middle) * (y - mean) for x, y in points)
    slope /= sum((x - middle) ** 2 for x, _ in points)
    if slope > 0.1 * mean:
        return "overhead"
    return "slow cores" if slope < -0.1 * mean else "serial part"
