# fails: broadcast_from_any_root, reduce_to_any_root
# Right only for the root shown: numbers the ranks from 0, whoever the root is.
# %% task="broadcast"
def broadcast(comm, value, root):
    have = 1
    while have < comm.size:
        if comm.rank < have:
            if comm.rank + have < comm.size:
                comm.send(value, comm.rank + have)
        elif comm.rank < 2 * have:
            value = comm.recv(comm.rank - have)
        have *= 2
    return value


# %% task="reduce"
def reduce(comm, x, root):
    total = x.copy()
    distance = 1
    while distance < comm.size:
        if comm.rank % (2 * distance):
            comm.send(total, comm.rank - distance)
            return None
        if comm.rank + distance < comm.size:
            total += comm.recv(comm.rank + distance)
        distance *= 2
    return total
