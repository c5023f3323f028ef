# fails: any_number_of_blocks, any_threads_and_jobs, total_of_any_size
# Right only for the sizes shown: numbers that fill whole blocks, and two threads.


# %% task="histogram"
@njit(parallel=True)
def histogram(bins, k, blocks):
    mine = np.zeros((blocks, k), np.int64)
    each = bins.size // blocks
    for b in prange(blocks):
        for i in range(b * each, (b + 1) * each):
            mine[b, bins[i]] += 1
    return mine.sum(axis=0)


# %% task="take_jobs"
def take_jobs(state, me):
    for job in range(me, state["jobs"], 2):
        yield from do_job(state, job)


# %% task="total"
@njit(parallel=True)
def total(x, block, threads):
    blocks = x.size // block
    sums = np.zeros(blocks)
    for b in prange(blocks):
        s = 0.0
        for i in range(b * block, (b + 1) * block):
            s += x[i]
        sums[b] = s
    result = 0.0
    for b in range(blocks):
        result += sums[b]
    return result
