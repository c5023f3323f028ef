# fails: softmax_row_allocations, traffic_write_allocate
# Keeps NumPy's habits inside the row loop, so each row makes two arrays; and takes a write for a
# write, whatever the cache does.


# %% task="traffic"
def traffic(steps, n, itemsize=8, write_allocate=False):
    return sum(len(set(sources)) + 1 for _, sources in steps) * n * itemsize


# %% task="softmax_rows"
@njit
def softmax_rows(scores):
    out = np.empty_like(scores)
    for i in range(scores.shape[0]):
        exponentials = np.exp(scores[i] - scores[i].max())
        out[i] = exponentials / exponentials.sum()
    return out
