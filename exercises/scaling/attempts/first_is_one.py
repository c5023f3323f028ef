# fails: fraction_any_order
# Right only for the tables shown: takes the first entry for the time of one processor.
# %% task="serial_fractions"
def serial_fractions(seconds):
    (_, one), *others = seconds.items()
    return {p: (t / one - 1 / p) / (1 - 1 / p) for p, t in others}
