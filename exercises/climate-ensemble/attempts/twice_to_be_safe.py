# fails: makes_no_more_steps, slowest_for_all
# Slow but right: twice as many steps as it takes, to be safe.
# %% task="time_step"
def time_step(states, dx, window, most):
    waves = np.sqrt(9.81 * states[:, 0].max(axis=(1, 2)))
    wind = np.hypot(*np.abs(states[:, 1:]).max(axis=(2, 3)).T)
    steps = 2 * int(np.ceil(window * (waves + wind).max() / (most * dx)))
    return steps, window / steps
