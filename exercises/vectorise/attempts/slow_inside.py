# fails: ten_times_faster, softmax_scales, softmax_row_allocations
# Slow but right: compiled on the outside, interpreted within; and prange where there is least to
# do, over the columns of one row after the other.


# %% task="saxpy"
from numba import objmode


@njit
def saxpy(a, x, y, out):
    with objmode():
        for i in range(x.size):
            out[i] = a * x[i] + y[i]


# %% task="softmax_rows"
@njit(parallel=True)
def softmax_rows(scores):
    out = np.empty_like(scores)
    for i in range(scores.shape[0]):
        top = -np.inf
        for j in prange(scores.shape[1]):
            top = max(top, scores[i, j])
        total = 0.0
        for j in prange(scores.shape[1]):
            share = math.exp(scores[i, j] - top)
            out[i, j] = share
            total += share
        for j in prange(scores.shape[1]):
            out[i, j] /= total
    return out
