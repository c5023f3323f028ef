# fails: scaled_without_one, largest_without_one
# Right only for tables that begin with one processor.
# %% task="gustafson"
def gustafson(seconds):
    scaled = {p: p * seconds[1] / t for p, t in seconds.items() if p > 1}
    return {p: (s, (p - s) / (p - 1)) for p, s in scaled.items()}


# %% task="largest"
def largest(seconds, efficiency=0.7, budget=None, cores=1):
    good = []
    for p, t in seconds.items():
        node_hours = math.ceil(p / cores) * t / 3600
        if seconds[1] >= efficiency * p * t and (budget is None or node_hours <= budget):
            good.append(p)
    return max(good, default=None)
