# fails: even_rounds, noise_on_every_call
# Throws away what looks like an outlier and takes the mean of the rest: a rule that fits one kind
# of noise.
# %% task="bench"
def bench(f, clock, rounds):
    samples = []
    for _ in range(rounds + 1):
        start = clock()
        f()
        samples.append(clock() - start)
    warm_up, *samples = samples
    kept = [seconds for seconds in samples if seconds < 2 * min(samples)]
    return {"warm_up": warm_up, "minimum": min(samples), "median": statistics.mean(kept)}
