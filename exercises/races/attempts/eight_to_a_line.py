# fails: worst_of_many, shares_on_a64fx, shares_odd_items
# Right only for the sizes shown: two additions, and eight elements to a cache line.


# %% task="worst"
def worst(adds):
    return [0, 1] * (3 * adds)  # in step: every second addition is lost


# %% task="shares"
def shares(n, threads, itemsize, line):
    lines = -(-n // 8)
    borders = [min(n, t * lines // threads * 8) for t in range(threads + 1)]
    return [(borders[t], borders[t + 1]) for t in range(threads)]
