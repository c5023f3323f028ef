# fails: total_has_the_same_bits, any_threads_and_jobs
# More accurate is not yet the same: a compensated sum for each thread. And every thread does one
# job, however many there are.


# %% task="take_jobs"
def take_jobs(state, me):
    yield state["lock"].acquire()
    job = state["next"]
    yield
    state["next"] = job + 1
    state["lock"].release()
    if job < state["jobs"]:
        yield from do_job(state, job)


# %% task="total"
@njit(parallel=True)
def total(x, block, threads):
    sums = np.zeros(threads)
    for t in prange(threads):
        s, lost = 0.0, 0.0
        for i in range(t * x.size // threads, (t + 1) * x.size // threads):
            y = x[i] - lost
            new = s + y
            lost = (new - s) - y
            s = new
        sums[t] = s
    return sums.sum()
