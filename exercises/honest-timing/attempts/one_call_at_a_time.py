# fails: sees_below_the_tick
# Fast but wrong: times single calls, most of which fall between two ticks.
# %% task="per_call"
def per_call(f, clock, tick, rounds):
    f()
    samples = []
    for _ in range(rounds):
        start = clock()
        f()
        samples.append(clock() - start)
    return statistics.median(samples), 1
