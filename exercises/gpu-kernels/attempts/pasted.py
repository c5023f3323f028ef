# fails: upwind_any_order, upwind_no_conflict
# Fast but wrong: the kernel as it stands, which is right where threads run in ascending order.
# %% task="upwind"
@cuda.jit
def upwind(u, c, out):
    tile = cuda.shared.array(257, float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    if i >= u.size:
        return
    tile[t + 1] = u[i]
    if t == 0:
        tile[0] = u[i - 1]
    out[i] = tile[t + 1] - c * (tile[t + 1] - tile[t])
