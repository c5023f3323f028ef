# fails: warm_up_is_apart, even_rounds
# Times the first call like any other and keeps it in the samples.
# %% task="bench"
def bench(f, clock, rounds):
    samples = []
    for _ in range(rounds + 1):
        start = clock()
        f()
        samples.append(clock() - start)
    return {
        "warm_up": samples[0],
        "minimum": min(samples),
        "median": statistics.median(samples),
    }
