# fails: touched_other_machines
# 32 and 32 written in, since every GPU is one of NVIDIA's.
# %% task="touched"
def touched(first, stride, itemsize, warp, sector):
    return len({(first + t * stride) * itemsize // 32 for t in range(32)})
