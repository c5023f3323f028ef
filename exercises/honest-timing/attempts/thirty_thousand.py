# fails: no_more_than_needed, long_calls_need_no_batch, search_is_not_fooled, other_clocks
# Slow but right: a batch so large that it is enough for anything.
# %% task="per_call"
def per_call(f, clock, tick, rounds):
    f()
    batch = 30_000
    samples = []
    for _ in range(rounds):
        start = clock()
        for _ in range(batch):
            f()
        samples.append((clock() - start) / batch)
    return statistics.median(samples), batch
