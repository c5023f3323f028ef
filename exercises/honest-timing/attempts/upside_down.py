# fails: knows_twice_as_fast
# Time of g over time of f: below 1 where g is faster.
# %% task="speed_up"
def speed_up(f, g, clock, rounds):
    def seconds(call):
        start = clock()
        call()
        return clock() - start

    seconds(f), seconds(g)
    ratios = []
    for i in range(rounds):
        pair = {call: seconds(call) for call in ((f, g) if i % 2 else (g, f))}
        ratios.append(pair[g] / pair[f])
    return statistics.median(ratios)
