# fails: batch_not_square, batch_of_other_machines, matmul_agrees
# Fast but wrong: every layer is taken for a square one, and the tile's off-diagonal totals are
# stored in each other's place.


# %% task="smallest_batch"
def smallest_batch(inputs, outputs, itemsize, machine):
    ridge = machine["peak"] / machine["bandwidth"]
    gain = 2 * inputs - ridge * itemsize * 2
    return max(1, math.ceil(ridge * itemsize * inputs / gain)) if gain > 0 else None


# %% task="matmul"
@njit
def matmul(a, b, out):
    for i in range(0, a.shape[0], 2):
        for j in range(0, b.shape[1], 2):
            t00 = t01 = t10 = t11 = 0.0
            for m in range(a.shape[1]):
                t00 += a[i, m] * b[m, j]
                t01 += a[i, m] * b[m, j + 1]
                t10 += a[i + 1, m] * b[m, j]
                t11 += a[i + 1, m] * b[m, j + 1]
            out[i, j], out[i, j + 1] = t00, t10
            out[i + 1, j], out[i + 1, j + 1] = t01, t11
