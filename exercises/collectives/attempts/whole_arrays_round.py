# fails: ring_sends_blocks, ring_takes_uneven_blocks, ring_agrees_to_the_bit
# Fast but wrong: sends whole arrays round and adds what comes by. Half of the steps, p/2 times the
# bytes, and each rank adds in an order of its own, so that the last bits differ.
# %% task="ring_allreduce"
def ring_allreduce(comm, x):
    p, rank = comm.size, comm.rank
    total, passing = x.copy(), x
    for _ in range(p - 1):
        passing = comm.sendrecv(passing, (rank + 1) % p, (rank - 1) % p)
        total += passing
    return total
