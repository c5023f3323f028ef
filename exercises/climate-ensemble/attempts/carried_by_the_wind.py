# fails: flux_agrees_inside
# Fast but wrong: heights carried by the wind, u dh/dx, instead of fluxes. No mass is kept.
# %% task="flux_step"
@njit
def flux_step(h, u, v, dt, dx):
    ny, nx = h.shape
    new = np.empty((ny, nx))
    for j in range(ny):
        for i in range(nx):
            along = u[j, i] * (h[j, (i + 1) % nx] - h[j, i - 1]) / 2
            across = v[j, i] * (h[(j + 1) % ny, i] - h[j - 1, i]) / 2
            new[j, i] = h[j, i] - dt / dx * (along + across)
    return new
