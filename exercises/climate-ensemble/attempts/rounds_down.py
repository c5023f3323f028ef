# fails: keeps_to_the_limit
# Fast but wrong: rounds the number of steps down, and each is a little too long.
# %% task="time_step"
def time_step(states, dx, window, most):
    waves = np.sqrt(9.81 * states[:, 0].max(axis=(1, 2)))
    wind = np.hypot(*np.abs(states[:, 1:]).max(axis=(2, 3)).T)
    steps = max(1, int(window * (waves + wind).max() / (most * dx)))
    return steps, window / steps
