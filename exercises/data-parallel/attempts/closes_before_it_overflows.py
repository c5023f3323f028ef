# fails: any_layers_overlap
# Right only for the sizes shown: closes a bucket when the next layer would not fit.
# %% task="overlapped"
def overlapped(layers, capacity, p, alpha, beta):
    ready = free = held = 0
    for number, (size, seconds) in enumerate(layers):
        ready += seconds
        held += size
        if number == len(layers) - 1 or held + layers[number + 1][0] > capacity:
            free = max(ready, free) + 2 * (p - 1) * (alpha + beta * held / p)
            held = 0
    return free
