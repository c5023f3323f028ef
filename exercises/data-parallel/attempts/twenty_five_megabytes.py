# fails: beats_three_habits
# The usual default, on any machine.
# %% task="best_capacity"
def best_capacity(layers, p, alpha, beta):
    return 25_000_000
