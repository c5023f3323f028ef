# fails: ring_is_yours
# The right messages, sent by somebody else.
# %% task="ring_allreduce"
def ring_allreduce(comm, x):
    from hpclab.comm import ring

    return ring.allreduce(comm, x)
