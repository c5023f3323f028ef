# fails: transpose_in_order
# Slow but right: reads along rows, writes down columns.
# %% task="transpose"
@cuda.jit
def transpose(a, out):
    x, y = cuda.grid(2)
    if y < a.shape[0] and x < a.shape[1]:
        out[x, y] = a[y, x]
