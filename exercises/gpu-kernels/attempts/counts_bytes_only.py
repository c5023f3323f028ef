# fails: touched_float32
# Bytes asked for over bytes of a sector, times the stride: forgets that a thread touches no more
# than one sector.
# %% task="touched"
def touched(first, stride, itemsize, warp, sector):
    return warp * stride * itemsize // sector
