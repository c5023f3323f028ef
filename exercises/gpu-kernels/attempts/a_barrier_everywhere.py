# fails: upwind_one_barrier
# Slow but right: a barrier behind every line, to be sure.
# %% task="upwind"
@cuda.jit
def upwind(u, c, out):
    tile = cuda.shared.array(257, float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    if i < u.size:
        tile[t + 1] = u[i]
    cuda.syncthreads()
    if i < u.size and t == 0:
        tile[0] = u[i - 1]
    cuda.syncthreads()
    if i < u.size:
        out[i] = tile[t + 1] - c * (tile[t + 1] - tile[t])
