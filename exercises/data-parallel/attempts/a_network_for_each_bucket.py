# fails: follows_the_example
# All buckets at once, as if each had a wire of its own.
# %% task="overlapped"
def overlapped(layers, capacity, p, alpha, beta):
    ready = end = held = 0
    for number, (size, seconds) in enumerate(layers, start=1):
        ready += seconds
        held += size
        if held >= capacity or number == len(layers):
            end = max(end, ready + 2 * (p - 1) * (alpha + beta * held / p))
            held = 0
    return end
