# fails: softmax_row_allocations, traffic_write_allocate
# Keeps a small array inside the row loop, so each row makes one; and takes a write for a write,
# whatever the cache does.


# %% task="traffic"
def traffic(steps, n, itemsize=8, write_allocate=False):
    return sum(len(set(sources)) + 1 for _, sources in steps) * n * itemsize


# %% task="softmax_rows"
@njit(parallel=True)
def softmax_rows(scores):
    out = np.empty_like(scores)
    for i in prange(scores.shape[0]):
        top = -np.inf
        for j in range(scores.shape[1]):
            top = max(top, scores[i, j])
        shares = np.exp(scores[i] - top)
        total = 0.0
        for j in range(scores.shape[1]):
            total += shares[j]
        for j in range(scores.shape[1]):
            out[i, j] = shares[j] / total
    return out
