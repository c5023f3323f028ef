# fails: weigh_neighbours
# Slow but right: i, j = cuda.grid(2) reads like a[i, j], and each thread of a warp gets a row.
# %% task="weigh"
@cuda.jit
def weigh(a, w, out):
    i, j = cuda.grid(2)
    if i < a.shape[0] and j < a.shape[1]:
        out[i, j] = w[i] * a[i, j]
