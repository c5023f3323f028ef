# fails: neither_goes_first
# Takes turns, but f always has the earlier half of the round.
# %% task="speed_up"
def speed_up(f, g, clock, rounds):
    def seconds(call):
        start = clock()
        call()
        return clock() - start

    ratios = [seconds(f) / seconds(g) for _ in range(rounds + 1)]
    return statistics.median(ratios[1:])
