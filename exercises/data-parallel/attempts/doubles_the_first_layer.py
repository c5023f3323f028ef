# fails: best_on_any_machine
# Right only for the layers shown, which are all alike: tries 1, 2, 4, ... first layers.
# %% task="best_capacity"
def best_capacity(layers, p, alpha, beta):
    sizes = [layers[0][0] * 2**power for power in range(6)]
    return min(sizes, key=lambda size: overlapped(layers, size, p, alpha, beta))
