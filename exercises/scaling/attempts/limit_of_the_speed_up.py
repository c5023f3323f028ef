# fails: fits_the_law
# Fast but wrong: 1 / fraction is where the speed-up ends, far beyond where the efficiency does.
# %% task="amdahl"
def amdahl(seconds, efficiency=0.7):
    x = [1 / p for p in seconds]
    y = list(seconds.values())
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    above = sum((u - middle_x) * (v - middle_y) for u, v in zip(x, y, strict=True))
    b = above / sum((u - middle_x) ** 2 for u in x)
    a = middle_y - b * middle_x
    return a + b, a / (a + b), math.floor(1 / (a / (a + b)))
