# fails: slowest_for_all
# Right only for one member: the others may be faster.
# %% task="time_step"
def time_step(states, dx, window, most):
    height, u, v = states[0]
    speed = np.sqrt(9.81 * height.max()) + np.hypot(np.abs(u).max(), np.abs(v).max())
    steps = int(np.ceil(window * speed / (most * dx)))
    return steps, window / steps
