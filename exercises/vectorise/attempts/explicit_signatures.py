# fails: takes_views, keeps_float32, softmax_shapes, softmax_float32
# Writes the types out, as in an old tutorial: contiguous float64 arrays and nothing else.


# %% task="saxpy"
@njit("void(float64, float64[::1], float64[::1], float64[::1])")
def saxpy(a, x, y, out):
    for i in range(x.size):
        out[i] = a * x[i] + y[i]


# %% task="softmax_rows"
@njit("float64[:, ::1](float64[:, ::1])", parallel=True)
def softmax_rows(scores):
    out = np.empty_like(scores)
    for i in prange(scores.shape[0]):
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
