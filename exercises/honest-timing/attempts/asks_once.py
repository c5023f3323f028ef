# fails: search_is_not_fooled
# Believes the first batch that seems long enough, be it an interrupted one.
# %% task="per_call"
def per_call(f, clock, tick, rounds):
    def lasts(batch):
        start = clock()
        for _ in range(batch):
            f()
        return clock() - start

    f()
    batch = 1
    while lasts(batch) < 100 * tick:
        batch *= 2
    return statistics.median(lasts(batch) for _ in range(rounds)) / batch, batch
