# fails: fraction_by_hand
# What is missing to perfect sharing, but not divided by what could be missing.
# %% task="serial_fractions"
def serial_fractions(seconds):
    return {p: t / seconds[1] - 1 / p for p, t in seconds.items() if p > 1}
