# fails: largest_after_a_dip
# Walks up and stops at the first number of processors that falls short.
# %% task="largest"
def largest(seconds, efficiency=0.7, budget=None, cores=1):
    q = min(seconds)
    best = None
    for p in sorted(seconds):
        node_hours = math.ceil(p / cores) * seconds[p] / 3600
        if q * seconds[q] < efficiency * p * seconds[p]:
            break
        if budget is None or node_hours <= budget:
            best = p
    return best
