# fails: one_pass, inputs_untouched, softmax_scores_untouched, softmax_scales, traffic_in_place
# Saves a temporary by writing over the caller's arrays; and charges a fetch for every write, even
# where the line is in the core already.


# %% task="saxpy"
@njit
def saxpy(a, x, y, out):
    for i in range(x.size):
        x[i] *= a
        out[i] = x[i] + y[i]


# %% task="traffic"
def traffic(steps, n, itemsize=8, write_allocate=False):
    passes = 0
    for _, sources in steps:
        passes += len(set(sources)) + (2 if write_allocate else 1)
    return passes * n * itemsize


# %% task="softmax_rows"
@njit(parallel=True)
def softmax_rows(scores):
    out = np.empty_like(scores)
    for i in prange(scores.shape[0]):
        top = -np.inf
        for j in range(scores.shape[1]):
            top = max(top, scores[i, j])
        total = 0.0
        for j in range(scores.shape[1]):
            scores[i, j] = math.exp(scores[i, j] - top)
            total += scores[i, j]
        for j in range(scores.shape[1]):
            out[i, j] = scores[i, j] / total
    return out
