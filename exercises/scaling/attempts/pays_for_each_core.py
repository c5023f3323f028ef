# fails: affordable
# Takes a core for a node, which makes the bill 32 times as high.
# %% task="largest"
def largest(seconds, efficiency=0.7, budget=None, cores=1):
    q = min(seconds)
    good = []
    for p, t in seconds.items():
        node_hours = p * t / 3600
        if q * seconds[q] >= efficiency * p * t and (budget is None or node_hours <= budget):
            good.append(p)
    return max(good, default=None)
