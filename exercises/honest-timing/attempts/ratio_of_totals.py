# fails: interruptions_too
# Adds up all times of f and all of g: one long interruption outweighs every other round.
# %% task="speed_up"
def speed_up(f, g, clock, rounds):
    def seconds(call):
        start = clock()
        call()
        return clock() - start

    seconds(f), seconds(g)
    total = {f: 0.0, g: 0.0}
    for i in range(rounds):
        for call in (f, g) if i % 2 else (g, f):
            total[call] += seconds(call)
    return total[f] / total[g]
