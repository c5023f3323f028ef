# %% [markdown]
# # Double every number
#
# Write the function, run its cell, then run the check below it. Stuck? `hint("double")`.

# %%
import numpy as np

from hpclab import check, hint

# %% [markdown]
# ## `double`
#
# Write `2 * x[i]` to every `out[i]`. Both are float64 arrays of equal length.


# %% task="double"
def double(x, out):
    """out[i] = 2 * x[i] for float64 arrays of equal length."""
    ### BEGIN SOLUTION
    np.multiply(x, 2.0, out=out)
    ### END SOLUTION


# %% check="double"
