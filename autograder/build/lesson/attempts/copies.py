# fails: doubles_every_number
# Writes x itself: forgets to double.

# %% task="double"
def double(x, out):
    out[:] = x
