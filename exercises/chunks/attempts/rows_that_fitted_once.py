# fails: other_shapes
# 5,000 rows fit for 64 centres; nothing says so for 300.
# %% task="nearest"
def nearest(points, centres, limit):
    lengths = (centres**2).sum(axis=1)

    def of_block(block):
        return (lengths - 2 * (block @ centres.T)).argmin(axis=1)

    return points.rechunk({0: 5_000}).map_blocks(of_block, drop_axis=1, dtype=np.int64)
