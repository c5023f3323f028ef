# fails: looks_once, jobs_overlap, total_has_no_race, shares_are_even
# Slow but right: each bin looks through all numbers, a job is done with the lock in hand, the sum
# has no parallel loop, and thread 0 writes everything.


# %% task="histogram"
@njit(parallel=True)
def histogram(bins, k, blocks):
    counts = np.zeros(k, np.int64)
    for j in prange(k):
        for i in range(bins.size):
            if bins[i] == j:
                counts[j] += 1
    return counts


# %% task="take_jobs"
def take_jobs(state, me):
    while True:
        yield state["lock"].acquire()
        job = state["next"]
        yield
        state["next"] = job + 1
        if job < state["jobs"]:
            yield from do_job(state, job)
        state["lock"].release()
        if job >= state["jobs"]:
            return


# %% task="total"
@njit
def total(x, block, threads):
    result = 0.0
    for start in range(0, x.size, block):
        s = 0.0
        for i in range(start, min(start + block, x.size)):
            s += x[i]
        result += s
    return result


# %% task="shares"
def shares(n, threads, itemsize, line):
    return [(0, n)] + [(n, n)] * (threads - 1)
