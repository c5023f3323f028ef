# fails: nearest_fits
# Slow but right: the chunk fits, its n x k x d differences do not.
# %% task="nearest"
def nearest(points, centres, limit):
    def of_block(block):
        return ((block[:, None, :] - centres) ** 2).sum(axis=2).argmin(axis=1)

    return points.map_blocks(of_block, drop_axis=1, dtype=np.int64)
