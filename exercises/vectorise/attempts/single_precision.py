# fails: agrees_with_numpy, distance_agrees, softmax_agrees
# Fast but wrong: computes in float32 whatever it is given, for half the bytes and half the digits.


# %% task="saxpy"
@njit
def saxpy(a, x, y, out):
    for i in range(x.size):
        out[i] = np.float32(a) * np.float32(x[i]) + np.float32(y[i])


# %% task="distance"
@njit(fastmath=True)
def distance(x, y):
    total = np.float32(0.0)
    for i in range(x.size):
        difference = np.float32(x[i]) - np.float32(y[i])
        total += difference * difference
    return math.sqrt(total)


# %% task="softmax_rows"
@njit(parallel=True)
def softmax_rows(scores):
    out = np.empty_like(scores)
    for i in prange(scores.shape[0]):
        top = np.float32(-np.inf)
        for j in range(scores.shape[1]):
            top = max(top, np.float32(scores[i, j]))
        total = np.float32(0.0)
        for j in range(scores.shape[1]):
            share = np.exp(np.float32(scores[i, j]) - top)
            out[i, j] = share
            total += share
        for j in range(scores.shape[1]):
            out[i, j] /= total
    return out
