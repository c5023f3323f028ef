# fails: histogram_has_no_race, worst_of_two, each_job_once, total_has_no_race, shares_no_line
# Fast but wrong: all threads count in one array, jobs are taken without a lock, blocks are ticked
# off in one place, shares end inside a cache line; and one lost update is taken for the worst.


# %% task="histogram"
@njit(parallel=True)
def histogram(bins, k, blocks):
    counts = np.zeros(k, np.int64)
    for i in prange(bins.size):
        counts[bins[i]] += 1
    return counts


# %% task="worst"
def worst(adds):
    return [0, 1, 0, 0, 1, 1] + [0, 0, 0, 1, 1, 1] * (adds - 1)


# %% task="take_jobs"
def take_jobs(state, me):
    while True:
        job = state["next"]
        yield
        state["next"] = job + 1
        if job >= state["jobs"]:
            return
        yield from do_job(state, job)


# %% task="total"
@njit(parallel=True)
def total(x, block, threads):
    blocks = (x.size + block - 1) // block
    sums, done = np.zeros(blocks), np.zeros(1)
    for b in prange(blocks):
        for i in range(b * block, min((b + 1) * block, x.size)):
            sums[b] += x[i]
        done[0] += 1  # blocks added up so far
    result = 0.0
    for b in range(blocks):
        result += sums[b]
    return result


# %% task="shares"
def shares(n, threads, itemsize, line):
    return [(t * n // threads, (t + 1) * n // threads) for t in range(threads)]
