# fails: flux_makes_one_array
# Slow but right: NumPy, roll by roll.
# %% task="flux_step"
def flux_step(h, u, v, dt, dx):
    across = u * (np.roll(h, 1, axis=1) + h) / 2
    along = v * (np.roll(h, 1, axis=0) + h) / 2
    out = np.roll(across, -1, axis=1) - across + np.roll(along, -1, axis=0) - along
    return h - dt / dx * out
