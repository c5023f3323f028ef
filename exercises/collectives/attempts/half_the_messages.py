# fails: four_ranks_cross, two_ranks_never_cross
# Counts the first half of the ring alone: p - 1 messages instead of 2 (p - 1).
# %% task="crossover"
def crossover(p, alpha, beta):
    rounds = p.bit_length() - 1
    return alpha / beta * (p - 1 - rounds) / (rounds - (p - 1) / p)
