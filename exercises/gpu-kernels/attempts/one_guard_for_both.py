# fails: transpose_odd_sizes, transpose_any_order
# Right only for the sizes shown: who loads an element is not who stores one.
# %% task="transpose"
@cuda.jit
def transpose(a, out):
    tile = cuda.shared.array((16, 16), float32)
    tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
    x, y = cuda.grid(2)
    inside = y < a.shape[0] and x < a.shape[1]
    if inside:
        tile[ty, tx] = a[y, x]
    cuda.syncthreads()
    if inside:
        out[cuda.blockIdx.x * 16 + ty, cuda.blockIdx.y * 16 + tx] = tile[tx, ty]
