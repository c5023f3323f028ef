# fails: nearest_few_tasks, nearest_fits
# Slow but right: cures the memory with chunks of ten points, 4,000 tasks whose graph
# alone takes the memory.
# %% task="nearest"
def nearest(points, centres, limit):
    def of_block(block):
        return ((block[:, None, :] - centres) ** 2).sum(axis=2).argmin(axis=1)

    return points.rechunk({0: 10}).map_blocks(of_block, drop_axis=1, dtype=np.int64)
