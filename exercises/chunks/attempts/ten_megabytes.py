# fails: worth_a_task, other_machines
# A rule of thumb for the size, and the machine's dictionary unread.
# %% task="choose_chunks"
def choose_chunks(shape, itemsize, machine):
    steps, high, wide = shape
    while steps * high * wide * itemsize > 10e6:
        if high >= wide:
            high = -(-high // 2)
        else:
            wide = -(-wide // 2)
    size = steps * high * wide * itemsize
    threads = machine["workers"] * machine["threads"]
    enough = threads < 1_000 and size <= machine["memory"] / (4 * machine["threads"])
    return (steps, high, wide) if enough else None
