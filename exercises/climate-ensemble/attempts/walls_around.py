# fails: keeps_the_mass
# Fast but wrong: the edges stay as they are, and what flows into them is gone.
# %% task="flux_step"
@njit
def flux_step(h, u, v, dt, dx):
    ny, nx = h.shape
    new = h.copy()
    for j in range(1, ny - 1):
        for i in range(1, nx - 1):
            out_x = (h[j, i] + h[j, i + 1]) * u[j, i + 1] - (h[j, i - 1] + h[j, i]) * u[j, i]
            out_y = (h[j, i] + h[j + 1, i]) * v[j + 1, i] - (h[j - 1, i] + h[j, i]) * v[j, i]
            new[j, i] = h[j, i] - 0.5 * dt / dx * (out_x + out_y)
    return new
