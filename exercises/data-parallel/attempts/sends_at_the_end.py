# fails: follows_the_example, a_fast_network_hides
# Buckets, but all of them after the backward pass. (Which makes a bucket for all the best, and the
# habits no worse.)
# %% task="overlapped"
def overlapped(layers, capacity, p, alpha, beta):
    end = sum(seconds for _, seconds in layers)
    held = 0
    for number, (size, _) in enumerate(layers, start=1):
        held += size
        if held >= capacity or number == len(layers):
            end += 2 * (p - 1) * (alpha + beta * held / p)
            held = 0
    return end
