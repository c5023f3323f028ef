# fails: shrugs_off_interruptions, even_rounds, noise_on_every_call, warm_up_is_the_first
# Takes the mean: each interruption is in it.
# %% task="bench"
def bench(f, clock, rounds):
    samples = []
    for _ in range(rounds + 1):
        start = clock()
        f()
        samples.append(clock() - start)
    warm_up, *samples = samples
    return {"warm_up": warm_up, "minimum": min(samples), "median": statistics.mean(samples)}
