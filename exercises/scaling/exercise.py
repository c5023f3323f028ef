# %% [markdown]
# # How many cores is it worth? The exercise
#
# Five tasks. `serial_fractions` is the core; the others are stretch tasks, in any order.
#
# Each function gets a table of times, a dictionary such as `{1: 100.0, 2: 60.0, 4: 40.0}`: seconds
# by the number of processors. Nothing here is timed, and no table is of your machine.
#
# Write your answer in place of `raise NotImplementedError()`, run the cell, then run the check
# below it. Stuck? Run `hint("serial_fractions")`: the first hint nudges, the third is nearly the
# code.

# %%
import math

from hpclab import check, hint
from hpclab.recorded import deep_ocean, motorbike, ocean, ocean_weak

# %% [markdown]
# ## `serial_fractions`: what each point says (core)
#
# A table of *strong* scaling: the same work on more processors. For each number of processors
# $p > 1$, return the serial fraction that its time alone would give,
#
# $$\varphi_p = \frac{T_p/T_1 - 1/p}{1 - 1/p},$$
#
# as a dictionary by $p$. For `{1: 100.0, 2: 60.0, 4: 40.0}` that is `{2: 0.2, 4: 0.2}`.
#
# Tables are written down as people measure, so the entries come in any order. Report what the
# times say, even where it is below 0.


# %% task="serial_fractions"
def serial_fractions(seconds):
    """Karp and Flatt's serial fraction by p, for every p > 1; `seconds` has an entry for 1."""
    ### BEGIN SOLUTION
    one = seconds[1]
    return {p: (t / one - 1 / p) / (1 - 1 / p) for p, t in seconds.items() if p > 1}
    ### END SOLUTION


# %% check="serial_fractions"

# %% [markdown]
# Now look at machines that you do not have. The tables are of real runs; `motorbike.what` says what
# was run, and `motorbike.source` where the numbers come from. Which fraction is constant?

# %%
for runs in (ocean, deep_ocean, motorbike):
    print(runs.what)
    try:
        print("  ", {p: f"{100 * x:.2f} %" for p, x in serial_fractions(runs.seconds).items()})
    except NotImplementedError:
        print("   (write serial_fractions first)")

# %% [markdown]
# ## `amdahl`: fit, then ask how far it goes (stretch)
#
# Large problems often do not fit on one processor, so there is no $T_1$ to divide by. By Amdahl's
# law the times lie on a straight line over $1/p$ all the same:
#
# $$T_p = \varphi\,T_1 + (1 - \varphi)\,T_1 \cdot \frac{1}{p}.$$
#
# Its intercept is the serial time, $\varphi\,T_1$, and its slope is the rest of $T_1$. Choose both
# so that the sum of the squared differences between $T_p$ and the table is least. Where that makes
# the intercept negative (more speed than processors, because of caches), set it to 0 and choose
# the slope alone. Return three numbers:
#
# 1. $T_1$ by the fit, in s;
# 2. the serial fraction $\varphi$ by the fit;
# 3. the largest $p$ whose efficiency $E = T_1 / (p\,T_p)$, by the fit, is at least `efficiency`, as
#    a whole number; `None` where every $p$ will do.
#
# That $p$ may be in the hundreds of millions, and your function still has only a second.


# %% task="amdahl"
def amdahl(seconds, efficiency=0.7):
    """(T_1, serial fraction, largest p) of the least-squares fit; at least two values of p."""
    ### BEGIN SOLUTION
    x = [1 / p for p in seconds]
    y = list(seconds.values())
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((u - mean_x) * (v - mean_y) for u, v in zip(x, y, strict=True))
    slope /= sum((u - mean_x) ** 2 for u in x)
    intercept = mean_y - slope * mean_x
    if intercept <= 0:
        slope = sum(u * v for u, v in zip(x, y, strict=True)) / sum(u * u for u in x)
        return slope, 0.0, None
    one = intercept + slope
    fraction = intercept / one
    return one, fraction, math.floor(1 + (1 / efficiency - 1) / fraction)
    ### END SOLUTION


# %% check="amdahl"

# %% [markdown]
# ## `gustafson`: work that grows (stretch)
#
# A table of *weak* scaling: on $p$ processors, $p$ times the work. One processor would need
# $p\,T_1$ for what $p$ of them did in $T_p$, so the *scaled speed-up* is $S = p\,T_1/T_p$. By
# Gustafson's law it is $S = \gamma + (1 - \gamma)\,p$, where $\gamma$ is the share of the parallel
# run in which only one processor's worth of work gets done.
#
# Return a dictionary by $p$ of pairs $(S, \gamma)$, for every $p > 1$.
#
# Where the table has no entry for 1, take the smallest number of processors in it as perfect: its
# scaled speed-up is that number.


# %% task="gustafson"
def gustafson(seconds):
    """{p: (scaled speed-up, gamma)} for every p > 1 of a table of weak scaling."""
    ### BEGIN SOLUTION
    base = seconds[min(seconds)]
    scaled = {p: p * base / t for p, t in seconds.items() if p > 1}
    return {p: (s, (p - s) / (p - 1)) for p, s in scaled.items()}
    ### END SOLUTION


# %% check="gustafson"

# %% [markdown]
# ## `largest`: what to ask for (stretch)
#
# Back to strong scaling. `seconds` are of a whole job. Return the largest number of processors in
# the table which keeps both promises, or `None` where none does:
#
# - **efficiency**: at least `efficiency`, relative to the smallest number of processors $p_0$ in
#   the table, $E = p_0\,T_{p_0} / (p\,T_p)$;
# - **budget**: the job costs at most `budget` node-hours. A site bills *whole* nodes of `cores`
#   processors for as long as you hold them. Without a budget (`None`), cost does not matter.
#
# What is exactly at a limit is within it.


# %% task="largest"
def largest(seconds, efficiency=0.7, budget=None, cores=1):
    """The largest p of the table that is efficient and affordable, or None."""
    ### BEGIN SOLUTION
    least = min(seconds)
    good = []
    for p, t in seconds.items():
        node_hours = math.ceil(p / cores) * t / 3600
        efficient = least * seconds[least] / (p * t) >= efficiency
        if efficient and (budget is None or node_hours <= budget):
            good.append(p)
    return max(good, default=None)
    ### END SOLUTION


# %% check="largest"

# %% [markdown]
# ## `diagnose`: read the shape (stretch)
#
# A serial part gives the same $\varphi_p$ at every $p$. Anything else bends it. Take the
# $\varphi_p$ of all $p \ge 4$ (below that, a timing error of 1 % moves $\varphi_p$ by 0.5 % and
# more) and their *mean*. Lay the least-squares line through the points $(\log_2 p, \varphi_p)$: its
# *slope* is the growth with each doubling of $p$. Return, by the first line that fits:
#
# | answer | when |
# |---|---|
# | `"too few"` | there are fewer than three such points |
# | `"nothing"` | mean < 0.001: nothing to speak of is in the way |
# | `"overhead"` | slope > 0.1 × mean: it grows with $p$ |
# | `"slow cores"` | slope < −0.1 × mean: each core is slower than alone, by one factor |
# | `"serial part"` | otherwise |


# %% task="diagnose"
def diagnose(seconds):
    """One of the five answers, for a table of strong scaling with an entry for 1."""
    ### BEGIN SOLUTION
    one = seconds[1]
    points = [(math.log2(p), (t / one - 1 / p) / (1 - 1 / p)) for p, t in seconds.items() if p >= 4]
    if len(points) < 3:
        return "too few"
    middle = sum(x for x, _ in points) / len(points)
    mean = sum(y for _, y in points) / len(points)
    if mean < 0.001:
        return "nothing"
    slope = sum((x - middle) * (y - mean) for x, y in points)
    slope /= sum((x - middle) ** 2 for x, _ in points)
    if slope > 0.1 * mean:
        return "overhead"
    if slope < -0.1 * mean:
        return "slow cores"
    return "serial part"
    ### END SOLUTION


# %% check="diagnose"

# %% [markdown]
# One word for a curve is a summary, and a summary can mislead. Run `diagnose(ocean.seconds)`, look
# at the fractions again, and say why the word is wrong. (The processor has 16 cores, and two of
# them usually make a node.)
