# fails: distance_offset, softmax_large_scores
# Textbook formulas without a thought for digits: the expanded square of k-means codes, and the
# softmax without its shift.


# %% task="distance"
@njit
def distance(x, y):
    xx, yy, xy = 0.0, 0.0, 0.0
    for i in range(x.size):
        xx += x[i] * x[i]
        yy += y[i] * y[i]
        xy += x[i] * y[i]
    return math.sqrt(max(0.0, xx + yy - 2 * xy))


# %% task="softmax_rows"
@njit(parallel=True)
def softmax_rows(scores):
    out = np.empty_like(scores)
    for i in prange(scores.shape[0]):
        total = 0.0
        for j in range(scores.shape[1]):
            out[i, j] = math.exp(scores[i, j])
            total += out[i, j]
        for j in range(scores.shape[1]):
            out[i, j] /= total
    return out
