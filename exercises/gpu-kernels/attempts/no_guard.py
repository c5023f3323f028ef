# fails: weigh_odd_sizes, weigh_one_thread_each
# Right only for the sizes shown: multiples of the block.
# %% task="weigh"
@cuda.jit
def weigh(a, w, out):
    x, y = cuda.grid(2)
    out[y, x] = w[y] * a[y, x]
