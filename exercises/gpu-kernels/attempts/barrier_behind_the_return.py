# fails: upwind_odd_sizes, upwind_other_blocks
# Right only for the sizes shown: in the last block, threads that have left never come to the
# barrier.
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
    cuda.syncthreads()
    out[i] = tile[t + 1] - c * (tile[t + 1] - tile[t])
