# fails: scaled_by_hand
# Takes T_1 / T_p for the speed-up, as if the work had stayed the same.
# %% task="gustafson"
def gustafson(seconds):
    found = {p: seconds[1] / t for p, t in seconds.items() if p > 1}
    return {p: (s, (p - s) / (p - 1)) for p, s in found.items()}
