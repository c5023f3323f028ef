# fails: weigh_agrees
# Fast but wrong: coalesced everywhere, and the weights belong to the wrong axis.
# %% task="weigh"
@cuda.jit
def weigh(a, w, out):
    x, y = cuda.grid(2)
    if y < a.shape[0] and x < a.shape[1]:
        out[y, x] = w[x] * a[y, x]
