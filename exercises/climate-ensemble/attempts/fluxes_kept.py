# fails: flux_makes_one_array
# Slow but right: compiled, with two arrays of fluxes that are written and read again.
# %% task="flux_step"
@njit
def flux_step(h, u, v, dt, dx):
    ny, nx = h.shape
    across, along, new = np.empty((ny, nx)), np.empty((ny, nx)), np.empty((ny, nx))
    for j in range(ny):
        for i in range(nx):
            across[j, i] = u[j, i] * (h[j, i - 1] + h[j, i]) / 2
            along[j, i] = v[j, i] * (h[j - 1, i] + h[j, i]) / 2
    for j in range(ny):
        for i in range(nx):
            out = across[j, (i + 1) % nx] - across[j, i] + along[(j + 1) % ny, i] - along[j, i]
            new[j, i] = h[j, i] - dt / dx * out
    return new
