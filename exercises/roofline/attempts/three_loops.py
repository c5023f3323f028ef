# fails: matmul_intensity
# Slow but right: one total, two loads for every two flop; and a batch found by trying them all.


# %% task="smallest_batch"
def smallest_batch(inputs, outputs, itemsize, machine):
    ridge = machine["peak"] / machine["bandwidth"]
    if 2 * inputs * outputs <= ridge * itemsize * (inputs + outputs):
        return None
    n = 1
    while 2 * n * inputs * outputs < ridge * itemsize * (n * (inputs + outputs) + inputs * outputs):
        n += 1
    return n


# %% task="matmul"
@njit
def matmul(a, b, out):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = 0.0
            for m in range(a.shape[1]):
                total += a[i, m] * b[m, j]
            out[i, j] = total
