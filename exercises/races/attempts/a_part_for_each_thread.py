# fails: agrees_with_bincount, each_job_once, total_has_the_same_bits, shares_cover
# Each thread adds up its own part of x, so the bits change with their number; marks where it should
# count; goes home with the lock; and rounds every range down, so that the last few are left out.


# %% task="histogram"
@njit(parallel=True)
def histogram(bins, k, blocks):
    mine = np.zeros((blocks, k), np.int64)
    for b in prange(blocks):
        for i in range(b * bins.size // blocks, (b + 1) * bins.size // blocks):
            mine[b, bins[i]] = 1
    return mine.sum(axis=0)


# %% task="take_jobs"
def take_jobs(state, me):
    while True:
        yield state["lock"].acquire()
        job = state["next"]
        if job >= state["jobs"]:
            return
        yield
        state["next"] = job + 1
        state["lock"].release()
        yield from do_job(state, job)


# %% task="total"
@njit(parallel=True)
def total(x, block, threads):
    sums = np.zeros(threads)
    for t in prange(threads):
        s = 0.0
        for i in range(t * x.size // threads, (t + 1) * x.size // threads):
            s += x[i]
        sums[t] = s
    return sums.sum()


# %% task="shares"
def shares(n, threads, itemsize, line):
    each = n // threads * itemsize // line * line // itemsize
    return [(t * each, (t + 1) * each) for t in range(threads)]
