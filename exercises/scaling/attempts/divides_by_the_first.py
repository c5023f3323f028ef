# fails: fits_without_one, fits_noise, fits_more_than_perfect
# The mean of Karp and Flatt's fractions: it needs the time of one processor, and trusts it.
# %% task="amdahl"
def amdahl(seconds, efficiency=0.7):
    one = seconds[1]
    found = [(t / one - 1 / p) / (1 - 1 / p) for p, t in seconds.items() if p > 1]
    fraction = sum(found) / len(found)
    return one, fraction, math.floor(1 + (1 / efficiency - 1) / fraction)
