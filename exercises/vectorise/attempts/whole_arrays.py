# fails: one_pass, distance_one_pass, softmax_memory
# Puts @njit above NumPy lines, and keeps all the exponentials: the temporaries are still there.


# %% task="saxpy"
@njit
def saxpy(a, x, y, out):
    out[:] = a * x + y


# %% task="distance"
@njit
def distance(x, y):
    differences = (x - y).astype(np.float64)
    return math.sqrt((differences**2).sum())


# %% task="softmax_rows"
@njit(parallel=True)
def softmax_rows(scores):
    shares, out = np.empty_like(scores), np.empty_like(scores)
    for i in prange(scores.shape[0]):
        top = -np.inf
        for j in range(scores.shape[1]):
            top = max(top, scores[i, j])
        total = 0.0
        for j in range(scores.shape[1]):
            shares[i, j] = math.exp(scores[i, j] - top)
            total += shares[i, j]
        for j in range(scores.shape[1]):
            out[i, j] = shares[i, j] / total
    return out
