# fails: has_room
# Forgets that all threads of a worker share its memory.
# %% task="choose_chunks"
def choose_chunks(shape, itemsize, machine):
    steps, high, wide = shape
    while steps * high * wide * itemsize > machine["memory"] / 4:
        if high >= wide:
            high = -(-high // 2)
        else:
            wide = -(-wide // 2)
    return steps, high, wide
