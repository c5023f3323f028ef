# fails: nearest_agrees
# Fast but wrong: takes the largest dot product for the smallest distance, which is true only for
# centres of equal length.
# %% task="nearest"
def nearest(points, centres, limit):
    return (points @ centres.T).argmax(axis=1)
