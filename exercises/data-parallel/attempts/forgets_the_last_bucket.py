# fails: one_bucket_waits, any_layers_overlap
# A bucket that is not full is never sent.
# %% task="overlapped"
def overlapped(layers, capacity, p, alpha, beta):
    ready = free = held = 0
    for size, seconds in layers:
        ready += seconds
        held += size
        if held >= capacity:
            free = max(ready, free) + 2 * (p - 1) * (alpha + beta * held / p)
            held = 0
    return free
