# fails: reaches_all, arrives_at_the_root
# The root forgets to return what it has had all along; in the reduction everyone returns a part.
# %% task="broadcast"
def broadcast(comm, value, root):
    if comm.rank != root:
        return comm.recv(root)
    for dest in range(comm.size):
        if dest != root:
            comm.send(value, dest)
    return None


# %% task="reduce"
def reduce(comm, x, root):
    p = comm.size
    me = (comm.rank - root) % p
    total = x.copy()
    distance = 1
    while distance < p and me % distance == 0:
        if me % (2 * distance):
            comm.send(total, (me - distance + root) % p)
        elif me + distance < p:
            total += comm.recv((me + distance + root) % p)
        distance *= 2
    return total
