# fails: distance_float32, traffic_itemsize, softmax_float32
# Trusts one float type: sums float32 in float32, makes float64 out of float32, calls all items 8.


# %% task="distance"
@njit
def distance(x, y):
    total = np.float32(0.0)
    for i in range(x.size):
        total += (x[i] - y[i]) ** 2
    return math.sqrt(total)


# %% task="traffic"
def traffic(steps, n, itemsize=8, write_allocate=False):
    passes = 0
    for target, sources in steps:
        passes += len(set(sources)) + 1
        if write_allocate and target not in sources:
            passes += 1
    return passes * n * 8


# %% task="softmax_rows"
@njit(parallel=True)
def softmax_rows(scores):
    out = np.empty(scores.shape)
    for i in prange(scores.shape[0]):
        top = -np.inf
        for j in range(scores.shape[1]):
            top = max(top, scores[i, j])
        total = 0.0
        for j in range(scores.shape[1]):
            out[i, j] = math.exp(scores[i, j] - top)
            total += out[i, j]
        for j in range(scores.shape[1]):
            out[i, j] /= total
    return out
