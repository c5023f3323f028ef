# fails: is_compiled, ten_times_faster, distance_compiled, softmax_compiled, softmax_memory
# Right numbers, never compiled: loops without @njit, and NumPy where a loop was asked for.

# %% task="saxpy"
def saxpy(a, x, y, out):
    for i in range(x.size):
        out[i] = a * x[i] + y[i]


# %% task="distance"
def distance(x, y):
    total = 0.0
    for xi, yi in zip(x, y, strict=True):
        difference = float(xi) - float(yi)
        total += difference * difference
    return math.sqrt(total)


# %% task="softmax_rows"
def softmax_rows(scores):
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
