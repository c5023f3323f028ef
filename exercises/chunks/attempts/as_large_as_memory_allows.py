# fails: work_for_every_thread, other_machines, says_no
# Fills the memory and forgets that chunks are also what there is to share out.
# %% task="choose_chunks"
def choose_chunks(shape, itemsize, machine):
    steps, high, wide = shape
    most = machine["memory"] / (4 * machine["threads"])
    while steps * high * wide * itemsize > most and high * wide > 1:
        if high >= wide:
            high = -(-high // 2)
        else:
            wide = -(-wide // 2)
    return steps, high, wide
