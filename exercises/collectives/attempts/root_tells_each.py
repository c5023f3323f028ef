# fails: broadcast_is_a_tree, reduce_is_a_tree
# Slow but right: the root talks to everyone, one after the other, in both directions.
# %% task="broadcast"
def broadcast(comm, value, root):
    if comm.rank != root:
        return comm.recv(root)
    for dest in range(comm.size):
        if dest != root:
            comm.send(value, dest)
    return value


# %% task="reduce"
def reduce(comm, x, root):
    if comm.rank != root:
        comm.send(x, root)
        return None
    total = x.copy()
    for source in range(comm.size):
        if source != root:
            total += comm.recv(source)
    return total
