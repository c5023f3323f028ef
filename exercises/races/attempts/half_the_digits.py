# fails: each_job_once, total_is_close, shares_are_even
# Keeps the blocks' sums in single precision; looks whether a job is left before it has the lock;
# and gives the last thread whatever is left over.


# %% task="take_jobs"
def take_jobs(state, me):
    while True:
        left = state["next"] < state["jobs"]
        yield
        if not left:
            return
        yield state["lock"].acquire()
        job = state["next"]
        yield
        state["next"] = job + 1
        state["lock"].release()
        yield from do_job(state, job)


# %% task="total"
@njit(parallel=True)
def total(x, block, threads):
    blocks = (x.size + block - 1) // block
    sums = np.zeros(blocks, np.float32)
    for b in prange(blocks):
        s = 0.0
        for i in range(b * block, min((b + 1) * block, x.size)):
            s += x[i]
        sums[b] = s
    return sums.sum()


# %% task="shares"
def shares(n, threads, itemsize, line):
    unit = line // int(np.gcd(line, itemsize))
    each = -(-n // unit) // threads * unit
    borders = [t * each for t in range(threads)] + [n]
    return [(borders[t], borders[t + 1]) for t in range(threads)]
