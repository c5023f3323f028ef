# fails: calls_once_a_round, even_rounds
# Warms up ten times to be safe: eleven calls for one that was asked for.
# %% task="bench"
def bench(f, clock, rounds):
    start = clock()
    f()
    warm_up = clock() - start
    for _ in range(9):
        f()
    samples = []
    for _ in range(rounds):
        start = clock()
        f()
        samples.append(clock() - start)
    return {"warm_up": warm_up, "minimum": min(samples), "median": statistics.median(samples)}
