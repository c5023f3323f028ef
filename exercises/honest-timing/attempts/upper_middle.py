# fails: even_rounds
# Takes the sample at n // 2: with an even number of them, the upper of the middle two.
# %% task="bench"
def bench(f, clock, rounds):
    samples = []
    for _ in range(rounds + 1):
        start = clock()
        f()
        samples.append(clock() - start)
    warm_up, *samples = samples
    return {"warm_up": warm_up, "minimum": min(samples), "median": sorted(samples)[rounds // 2]}
