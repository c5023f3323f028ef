# fails: broadcast_is_a_tree, reduce_is_a_tree
# The library's own trees: the right counts, and not one message of the learner's.
# %% task="broadcast"
def broadcast(comm, value, root):
    return comm.bcast(value, root)


# %% task="reduce"
def reduce(comm, x, root):
    return comm.reduce(x, root=root)
