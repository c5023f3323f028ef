# fails: ring_takes_few_steps, the_clock_agrees
# Slow but right: cures the deadlock by letting rank 0 send first. Now everyone waits for the left
# neighbour before sending, and each step of the ring goes round one rank at a time. The crossover
# is right, for a ring that this one is not.
# %% task="ring_allreduce"
def ring_allreduce(comm, x):
    p, rank = comm.size, comm.rank
    right, left = (rank + 1) % p, (rank - 1) % p
    total = x.copy()
    part = blocks(total, p)

    def swap(out):
        if rank == 0 and p > 1:
            comm.send(out, right)
            return comm.recv(left)
        arrived = comm.recv(left)
        comm.send(out, right)
        return arrived

    for step in range(p - 1):
        part[(rank - step - 1) % p] += swap(part[(rank - step) % p])
    for step in range(p - 1):
        part[(rank - step) % p][:] = swap(part[(rank + 1 - step) % p])
    return total


# %% task="crossover"
def crossover(p, alpha, beta):
    if p == 2:
        return None
    steps = p.bit_length() - 1
    return alpha * (2 * p - 2 - steps) / (beta * (steps - 2 + 2 / p))
