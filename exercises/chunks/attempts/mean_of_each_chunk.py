# fails: agrees_with_numpy
# Fast but wrong: map_blocks on the chunks as they came. Each chunk is judged by
# its own mean, and it looks right.
# %% task="extremes"
def extremes(x, limit):
    def share(block):
        high = block.mean(axis=0) + 2 * block.std(axis=0)
        return (block > high).mean(axis=0, keepdims=True)

    chunks = ((1,) * x.numblocks[0], *x.chunks[1:])
    return x.map_blocks(share, chunks=chunks, dtype=float).mean(axis=0)
