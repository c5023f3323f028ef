# fails: drift_cancels, neither_goes_first, interruptions_too, slower_is_below_one
# Fast but wrong: all of f, then all of g. What it measures is the drift.
# %% task="speed_up"
def speed_up(f, g, clock, rounds):
    def median_of(call):
        samples = []
        for _ in range(rounds + 1):
            start = clock()
            call()
            samples.append(clock() - start)
        return statistics.median(samples[1:])

    return median_of(f) / median_of(g)
