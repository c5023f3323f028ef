# fails: knows_caches, decode_two_roofs, matmul_no_arrays
# One roof for everything: memory's for data that lie in cache, one for two kernels that run one
# after the other, and an array of products for each result that no tile covers.


# %% task="attainable"
def attainable(flop, moved, footprint, machine):
    slope = flop / moved * machine["bandwidth"]
    return min(slope, machine["peak"]), "bandwidth" if slope < machine["peak"] else "peak"


# %% task="decode_seconds"
def decode_seconds(model, batch, context, machine):
    width, kv_width, size = model["width"], model["kv_width"], model["itemsize"]
    weights = width * (2 * width + 2 * kv_width + 2 * model["hidden"])
    flop = 2 * weights * batch + 4 * width * context * batch
    moved = (weights + 2 * kv_width * context * batch) * size
    return model["layers"] * max(flop / machine["peak"], moved / machine["bandwidth"])


# %% task="matmul"
@njit
def matmul(a, b, out):
    rows, columns = out.shape
    for i in range(0, rows - 1, 2):
        for j in range(0, columns - 1, 2):
            t00 = t01 = t10 = t11 = 0.0
            for m in range(a.shape[1]):
                t00 += a[i, m] * b[m, j]
                t01 += a[i, m] * b[m, j + 1]
                t10 += a[i + 1, m] * b[m, j]
                t11 += a[i + 1, m] * b[m, j + 1]
            out[i, j], out[i, j + 1] = t00, t01
            out[i + 1, j], out[i + 1, j + 1] = t10, t11
    if rows % 2:
        for j in range(columns):
            out[-1, j] = np.sum(a[-1] * b[:, j])
    if columns % 2:
        for i in range(rows):
            out[i, -1] = np.sum(a[i] * b[:, -1])
