# fails: one_pass, distance_one_pass, softmax_races
# Slow but right: one loop for each operation, a scaling against overflow that reads all numbers
# twice, and a softmax that was never given to prange.


# %% task="saxpy"
@njit
def saxpy(a, x, y, out):
    for i in range(x.size):
        out[i] = a * x[i]
    for i in range(x.size):
        out[i] += y[i]


# %% task="distance"
@njit
def distance(x, y):
    largest = 0.0
    for i in range(x.size):
        largest = max(largest, abs(x[i] - y[i]))
    if largest == 0.0:
        return 0.0
    total = 0.0
    for i in range(x.size):
        total += ((x[i] - y[i]) / largest) ** 2
    return largest * math.sqrt(total)


# %% task="softmax_rows"
@njit(parallel=True)
def softmax_rows(scores):
    out = np.empty_like(scores)
    for i in range(scores.shape[0]):
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
