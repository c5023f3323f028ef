# fails: leaves_its_input_alone
# Doubles x in place first.

# %% task="double"
def double(x, out):
    x *= 2.0
    out[:] = x
