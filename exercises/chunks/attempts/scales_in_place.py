# fails: leaves_points
# Fast but wrong: multiplies the points by -2 in place, since they are smaller than the products.
# The indices are right, once; then the caller's points are others.
# %% task="nearest"
def nearest(points, centres, limit):
    lengths = (centres**2).sum(axis=1)

    def of_block(block):
        block *= -2.0
        distances = block @ centres.T
        distances += lengths
        return distances.argmin(axis=1)[:, None]

    rows = max(1, limit // (8 * (len(centres) + points.shape[1])))
    points = points.rechunk({0: min(rows, max(points.chunks[0]))})
    chunks = (points.chunks[0], (1,))
    return points.map_blocks(of_block, chunks=chunks, dtype=np.int64)[:, 0]
