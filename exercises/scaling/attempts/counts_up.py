# fails: fits_far
# Slow but right: tries one number of processors after the other.
# %% task="amdahl"
def amdahl(seconds, efficiency=0.7):
    x = [1 / p for p in seconds]
    y = list(seconds.values())
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    above = sum((u - middle_x) * (v - middle_y) for u, v in zip(x, y, strict=True))
    b = above / sum((u - middle_x) ** 2 for u in x)
    a = middle_y - b * middle_x
    if a <= 0:
        b = sum(u * v for u, v in zip(x, y, strict=True)) / sum(u * u for u in x)
        return b, 0.0, None
    p = 1
    while (a + b) / ((p + 1) * (a + b / (p + 1))) >= efficiency:
        p += 1
    return a + b, a / (a + b), p
