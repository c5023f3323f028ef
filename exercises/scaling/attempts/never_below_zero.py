# fails: fraction_below_zero, scaled_more_than_perfect
# Cuts off what seems impossible, and with it the sign of a cache.
# %% task="serial_fractions"
def serial_fractions(seconds):
    one = seconds[1]
    return {p: max(0.0, (t / one - 1 / p) / (1 - 1 / p)) for p, t in seconds.items() if p > 1}


# %% task="gustafson"
def gustafson(seconds):
    base = seconds[min(seconds)]
    scaled = {p: min(p, p * base / t) for p, t in seconds.items() if p > 1}
    return {p: (s, (p - s) / (p - 1)) for p, s in scaled.items()}
