# fails: daily_agrees
# Fast but wrong: reduces each chunk as it comes, as if every chunk held whole days.
# %% task="daily_max"
def daily_max(x, per_day):
    def of_block(block):
        days = len(block) // per_day
        return block[: days * per_day].reshape(days, per_day, *block.shape[1:]).max(axis=1)

    days = tuple(n // per_day for n in x.chunks[0])
    return x.map_blocks(of_block, chunks=(days, *x.chunks[1:]), dtype=x.dtype)
