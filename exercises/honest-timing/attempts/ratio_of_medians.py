# fails: interruptions_too
# Right only for the cases shown: median of f over median of g. Where calls of one side are
# interrupted while the machine drifts, the two medians come from different moments.
# %% task="speed_up"
def speed_up(f, g, clock, rounds):
    def seconds(call):
        start = clock()
        call()
        return clock() - start

    seconds(f), seconds(g)
    samples = {f: [], g: []}
    for i in range(rounds):
        for call in (f, g) if i % 2 else (g, f):
            samples[call].append(seconds(call))
    return statistics.median(samples[f]) / statistics.median(samples[g])
