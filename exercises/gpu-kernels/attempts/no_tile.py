# fails: upwind_loads_once
# Slow but right: gives the tile up, and every number is loaded twice or three times.
# %% task="upwind"
@cuda.jit
def upwind(u, c, out):
    i = cuda.grid(1)
    if i < u.size:
        out[i] = u[i] - c * (u[i] - u[i - 1])
