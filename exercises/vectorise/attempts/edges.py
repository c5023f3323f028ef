# fails: any_length, distance_lengths, traffic_same_array_twice, softmax_far_rows
# Right on the example, wrong beside it: a loop unrolled by two without its tail, a mean of no
# elements, x * x counted as two reads, and the largest score of the array for every row.


# %% task="saxpy"
@njit
def saxpy(a, x, y, out):
    for i in range(0, x.size - 1, 2):
        out[i] = a * x[i] + y[i]
        out[i + 1] = a * x[i + 1] + y[i + 1]


# %% task="distance"
@njit
def distance(x, y):
    total = 0.0
    for i in range(x.size):
        total += (x[i] - y[i]) ** 2
    return math.sqrt(total / x.size) * math.sqrt(x.size)


# %% task="traffic"
def traffic(steps, n, itemsize=8, write_allocate=False):
    passes = 0
    for target, sources in steps:
        passes += len(sources) + 1
        if write_allocate and target not in sources:
            passes += 1
    return passes * n * itemsize


# %% task="softmax_rows"
@njit(parallel=True)
def softmax_rows(scores):
    top = scores.max() if scores.size else 0.0
    out = np.empty_like(scores)
    for i in prange(scores.shape[0]):
        total = 0.0
        for j in range(scores.shape[1]):
            out[i, j] = math.exp(scores[i, j] - top)
            total += out[i, j]
        for j in range(scores.shape[1]):
            out[i, j] /= total
    return out
