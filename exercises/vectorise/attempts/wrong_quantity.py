# fails: agrees_with_numpy, distance_agrees, traffic_counts_passes, softmax_agrees
# Misreads what is asked: returns instead of filling, a mean instead of a sum, the memory that the
# arrays take instead of what moves, and one sum over all rows (a reduction, to prange).


# %% task="saxpy"
@njit
def saxpy(a, x, y, out):
    out = a * x + y
    return out


# %% task="distance"
@njit
def distance(x, y):
    return math.sqrt(np.mean((x - y) ** 2))


# %% task="traffic"
def traffic(steps, n, itemsize=8, write_allocate=False):
    names = set()
    for target, sources in steps:
        names.add(target)
        names.update(sources)
    return len(names) * n * itemsize


# %% task="softmax_rows"
@njit(parallel=True)
def softmax_rows(scores):
    out = np.empty_like(scores)
    total = 0.0
    for i in prange(scores.shape[0]):
        for j in range(scores.shape[1]):
            out[i, j] = math.exp(scores[i, j])
            total += out[i, j]
    return out / total
