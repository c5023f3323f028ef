# fails: each_number_once, worst_of_one, each_job_once, total_has_the_same_bits, shares_of_little
# The reduction that Numba makes of `s += x[i]`: no race, but its order is that of the threads.
# Counts that are floats, a load and a store in one step, and no range for a thread without a line.


# %% task="histogram"
@njit(parallel=True)
def histogram(bins, k, blocks):
    counts = np.zeros(k)
    for b in prange(blocks):
        mine = np.zeros(k)
        for i in range(b * bins.size // blocks, (b + 1) * bins.size // blocks):
            mine[bins[i]] += 1
        counts += mine
    return counts


# %% task="worst"
def worst(adds):
    others = adds - 1
    return [0] + [1, 1, 1] * others + [0, 0, 1] + [0, 0, 0] * others + [1, 1]


# %% task="take_jobs"
def take_jobs(state, me):
    while state["next"] < state["jobs"]:
        job = state["next"]
        state["next"] = job + 1
        yield
        yield from do_job(state, job)


# %% task="total"
@njit(parallel=True)
def total(x, block, threads):
    s = 0.0
    for i in prange(x.size):
        s += x[i]
    return s


# %% task="shares"
def shares(n, threads, itemsize, line):
    unit = line // int(np.gcd(line, itemsize))
    units = -(-n // unit)
    threads = min(threads, units)
    borders = [min(n, t * units // threads * unit) for t in range(threads + 1)]
    return [(borders[t], borders[t + 1]) for t in range(threads)]
