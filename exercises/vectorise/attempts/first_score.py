# fails: softmax_masked
# The clever one: any score of the row will do for the shift, so takes the first and saves a pass
# over the row. Minus infinity will not do.


# %% task="softmax_rows"
@njit(parallel=True)
def softmax_rows(scores):
    out = np.empty_like(scores)
    for i in prange(scores.shape[0]):
        shift, total = scores[i, 0], 0.0
        for j in range(scores.shape[1]):
            out[i, j] = math.exp(scores[i, j] - shift)
            total += out[i, j]
        for j in range(scores.shape[1]):
            out[i, j] /= total
    return out
