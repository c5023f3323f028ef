# fails: weigh_neighbours
# Slow but right: one thread walks along each row. A request of one thread takes one sector, so that
# sectors a request look fine; there are eight times as many as needed.
# %% task="weigh"
@cuda.jit
def weigh(a, w, out):
    x, y = cuda.grid(2)
    if x == 0 and y < a.shape[0]:
        for j in range(a.shape[1]):
            out[y, j] = w[y] * a[y, j]
