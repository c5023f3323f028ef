# fails: makes_no_temporaries, distance_one_pass, softmax_memory
# Puts @njit above NumPy lines: compiled, but the temporaries are still there.


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
@njit
def softmax_rows(scores):
    top = np.empty((scores.shape[0], 1), dtype=scores.dtype)
    for i in range(scores.shape[0]):
        top[i, 0] = scores[i].max()
    out = np.exp(scores - top)
    total = out.sum(axis=1).reshape(-1, 1)
    return out / total
