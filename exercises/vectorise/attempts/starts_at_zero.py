# fails: softmax_large_scores
# Looks for the largest score from 0 upwards: right until all scores of a row are far below 0.


# %% task="softmax_rows"
@njit(parallel=True)
def softmax_rows(scores):
    out = np.empty_like(scores)
    for i in prange(scores.shape[0]):
        top = 0.0
        for j in range(scores.shape[1]):
            if scores[i, j] > top:
                top = scores[i, j]
        total = 0.0
        for j in range(scores.shape[1]):
            out[i, j] = math.exp(scores[i, j] - top)
            total += out[i, j]
        for j in range(scores.shape[1]):
            out[i, j] /= total
    return out
