# fails: transpose_any_order
# Threads beyond the edge do the last element once more: the same number, written many times over.
# %% task="transpose"
@cuda.jit
def transpose(a, out):
    tile = cuda.shared.array((16, 16), float32)
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    x, y = cuda.grid(2)
    tile[ty, tx] = a[min(y, a.shape[0] - 1), min(x, a.shape[1] - 1)]
    cuda.syncthreads()
    x, y = cuda.blockIdx.y * 16 + tx, cuda.blockIdx.x * 16 + ty
    out[min(y, out.shape[0] - 1), min(x, out.shape[1] - 1)] = tile[tx, ty]
