# fails: doubling_takes_few_steps
# Partners send to each other before either receives: it ends only where somebody keeps the message.
# %% task="doubling_allreduce"
def doubling_allreduce(comm, x):
    power = 1
    while 2 * power <= comm.size:
        power *= 2
    if comm.rank >= power:
        comm.send(x, comm.rank - power)
        return comm.recv(comm.rank - power)
    total = x.copy()
    folded = comm.rank + power
    if folded < comm.size:
        total += comm.recv(folded)
    distance = 1
    while distance < power:
        partner = comm.rank ^ distance
        comm.send(total, partner)
        total += comm.recv(partner)
        distance *= 2
    if folded < comm.size:
        comm.send(total, folded)
    return total
