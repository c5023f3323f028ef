# fails: weigh_neighbours, weigh_one_thread_each
# Slow but right: a loop over the columns whose stride is that of one block. The grid has several,
# and each of them does what those on its right do, too.
# %% task="weigh"
@cuda.jit
def weigh(a, w, out):
    x, y = cuda.grid(2)
    if y < a.shape[0]:
        for j in range(x, a.shape[1], cuda.blockDim.x):
            out[y, j] = w[y] * a[y, j]
