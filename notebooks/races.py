# %% [markdown]
# # Double every number
#
# Guess first, then run.

# %%
import numpy as np

from hpclab import predict
from hpclab.plot import figure, show

guess = predict("How many bytes does one pass read and write for 1,000 numbers?", 8_000, unit="B")

# %%
x = np.arange(1_000.0)
out = 2.0 * x
guess.reveal(x.nbytes + out.nbytes)

# %%
fig, ax = figure("Bytes of one pass", xlabel="numbers", ylabel="bytes (B)")
sizes = np.array([250, 500, 750, 1_000])
ax.plot(sizes, 16 * sizes, label="one pass")
guess.mark(ax)
show(fig, text="One pass moves 16 bytes a number: 4,000 B for 250 numbers, 16,000 B for 1,000.")
