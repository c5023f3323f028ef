# fails: keeps_its_promise
# Tells Dask that indices are floats; the values are right, what is planned for them is not.
# %% task="nearest"
def nearest(points, centres, limit):
    lengths = (centres**2).sum(axis=1)

    def of_block(block):
        return (lengths - 2 * (block @ centres.T)).argmin(axis=1)

    rows = max(1, limit // (16 * (len(centres) + points.shape[1])))
    return points.rechunk({0: rows}).map_blocks(of_block, drop_axis=1, dtype=float)
