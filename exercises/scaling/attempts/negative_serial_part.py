# fails: fits_more_than_perfect
# Lets the line fall below zero: a serial part of minus 0.9 s.
# %% task="amdahl"
def amdahl(seconds, efficiency=0.7):
    x = [1 / p for p in seconds]
    y = list(seconds.values())
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    above = sum((u - middle_x) * (v - middle_y) for u, v in zip(x, y, strict=True))
    b = above / sum((u - middle_x) ** 2 for u in x)
    a = middle_y - b * middle_x
    fraction = a / (a + b)
    return a + b, fraction, math.floor(1 + (1 / efficiency - 1) / fraction)
