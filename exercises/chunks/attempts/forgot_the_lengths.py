# fails: nearest_agrees
# Takes the largest dot product for the smallest distance: true only for centres of equal length.
# %% task="nearest"
def nearest(points, centres, limit):
    return (points @ centres.T).argmax(axis=1)
