# fails: times_one_call
# Gives milliseconds where seconds are asked for.
# %% task="bench"
def bench(f, clock, rounds):
    samples = []
    for _ in range(rounds + 1):
        start = clock()
        f()
        samples.append(1e3 * (clock() - start))
    warm_up, *samples = samples
    return {"warm_up": warm_up, "minimum": min(samples), "median": statistics.median(samples)}
