# %% [markdown]
# # What does a model cost? The exercise
#
# Five tasks that make one planner. `plan` is the core; the others are stretch tasks, in any order:
# none of them calls another one.
#
# Write your answer in place of `raise NotImplementedError()`, run the cell, then run the check
# below it. Stuck? Run `hint("plan")`: the first hint nudges, the third is nearly the code.
#
# Units are SI and prefixes are decimal: flop, byte, W, and 1 GB = 10⁹ byte. Hours and days are
# said so. Nothing is rounded unless a task says so.

# %%
import math

from hpclab import check, hint

# %% [markdown]
# ## `plan`: from a model to accelerator-hours (core)
#
# Training takes `6 * params * tokens` flop. Where nobody says how many tokens (`tokens=None`), take
# 20 a parameter. A machine is a dictionary of three figures:
#
# ```python
# machine = {
#     "peak": 312e12,       # flop/s of ONE accelerator, dense, in the type you train in
#     "mfu": 0.40,          # share of that peak that becomes model flop
#     "accelerators": 256,  # how many work at once
# }
# ```
#
# Return a dictionary with four entries:
#
# - `"flop"`: of the whole training;
# - `"accelerator_hours"`: hours of one accelerator, summed over all of them: what you ask for;
# - `"days"`: how long it takes on all of them at once: what you wait;
# - `"tokens_per_second"`: of all of them together: what you compare with your first log file.
#
# Your planner is then asked for eight published figures, and has to come within 10 % of each.


# %% task="plan"
def plan(params, tokens, machine):
    """What it takes to train `params` parameters on `tokens` tokens, as a dictionary."""
    ### BEGIN SOLUTION
    if tokens is None:
        tokens = 20 * params
    flop = 6 * params * tokens
    per_accelerator = machine["peak"] * machine["mfu"]  # flop/s
    together = per_accelerator * machine["accelerators"]
    return {
        "flop": flop,
        "accelerator_hours": flop / per_accelerator / 3600,
        "days": flop / together / 86400,
        "tokens_per_second": together / (6 * params),
    }
    ### END SOLUTION


# %% check="plan"

# %% [markdown]
# ## `afford`: the plan turned round (stretch)
#
# You are given `hours` accelerator-hours on such a machine. What can you train?
#
# - With `params`, the answer is the number of tokens.
# - Without, it is the model whose tokens are exactly 20 a parameter, and those tokens.
#
# Return a dictionary with `"params"`, `"tokens"` and `"tokens_per_param"`. Parameters need not be a
# whole number. A check asks for large budgets, and stops you after one second of computing: the
# answer for the largest takes no longer than the one for the smallest.


# %% task="afford"
def afford(hours, machine, params=None):
    """The model and the tokens that `hours` accelerator-hours pay for, as a dictionary."""
    ### BEGIN SOLUTION
    flop = hours * 3600 * machine["peak"] * machine["mfu"]
    if params is None:
        params = math.sqrt(flop / 120)  # 6 N 20 N = flop
    tokens = flop / (6 * params)
    return {"params": params, "tokens": tokens, "tokens_per_param": tokens / params}
    ### END SOLUTION


# %% check="afford"

# %% [markdown]
# ## `smallest`: does it fit, and on how many? (stretch)
#
# Mixed-precision Adam keeps 16 bytes a parameter: 2 for the weight, 2 for its gradient, 12 for the
# optimiser. Share them out evenly over all accelerators (ZeRO stage 3, or FSDP).
#
# Activations are not shared: each accelerator works on `batch` sequences of its own, and keeps for
# each of the `layers`, in bytes,
#
# | `recompute` | a layer keeps |
# |---|---|
# | `"none"` | `s * b * h * (34 + 5 * a * s / h)` |
# | `"selective"`: attention is computed again | `s * b * h * 34` |
# | `"full"`: a layer is computed again | `s * b * h * 2`; and once, for all, what `"none"` has |
#
# where `s` is `sequence`, `b` is `batch`, `h` is `hidden` and `a` is `heads`. (The last entry: one
# layer at a time is there in full, while it is computed again.)
#
# ```python
# model = {"params": 7_000_000_000, "layers": 32, "hidden": 4096, "heads": 32, "sequence": 2048}
# ```
#
# Return a dictionary: `"states"`, the 16 bytes a parameter, all of them together; `"activations"`,
# bytes of one accelerator; and `"accelerators"`, the smallest number on which states and
# activations fit into `memory` bytes each, filled to the last byte if need be. Where no number is
# large enough, it is `None`.


# %% task="smallest"
def smallest(model, memory, batch=1, recompute="none"):
    """Bytes of states and activations, and the smallest number of accelerators; a dictionary."""
    ### BEGIN SOLUTION
    tokens = model["sequence"] * batch
    wide = tokens * model["hidden"]
    scores = 5 * model["heads"] * tokens * model["sequence"]
    layer = 34 * wide + scores
    activations = {
        "none": model["layers"] * layer,
        "selective": model["layers"] * 34 * wide,
        "full": model["layers"] * 2 * wide + layer,
    }[recompute]
    states = 16 * model["params"]
    room = memory - activations
    needed = math.ceil(states / room) if room > 0 else None
    return {"states": states, "activations": activations, "accelerators": needed}
    ### END SOLUTION


# %% check="smallest"

# %% [markdown]
# ## `bill`: what the site charges (stretch)
#
# A site is a dictionary. These two are in `checks.py`, as `hpclab.sites` has them:
#
# ```python
# lumi = {"per_node": 8, "whole_nodes": True, "unit": "GPU-hour", "rate": 4,
#         "step": {"nodes": 1}, "node_power": None, "pue": None}
# small = {"per_node": 8, "whole_nodes": False, "unit": "GPU-hour", "rate": 0.5,
#          "step": {"accelerators": 1, "cores": 8, "memory": 64e9}, "node_power": None, "pue": None}
# ```
#
# A job is one too: `"hours"`, `"accelerators"`, and sometimes `"cores"` and `"memory"` (byte).
#
# 1. *Nodes*: `accelerators / per_node`, rounded up where the site gives out whole nodes only.
# 2. *Charge*: an hour costs `rate` units for each `step` of a resource, begun steps counting in
#    full. What counts is the resource that needs most steps, of those that stand in `step` and that
#    the job has; every job has its nodes.
# 3. *Energy*: nodes × hours × `node_power` (W) × `pue`, in kWh. Where either figure is missing
#    (`None`), so is the energy: **never make one up**.
# 4. *Money*: the charge times `price` a unit, which you enter. `None` without one. A price of 0 is
#    a price.
#
# Return a dictionary with `"node_hours"`, `"charge"`, `"kwh"` and `"money"`.


# %% task="bill"
def bill(site, job, price=None):
    """Node-hours, the charge in the site's unit, kWh and money of one job, as a dictionary."""
    ### BEGIN SOLUTION
    nodes = job["accelerators"] / site["per_node"]
    if site["whole_nodes"]:
        nodes = math.ceil(nodes)
    has = {**job, "nodes": nodes}
    steps = max(math.ceil(has[name] / size) for name, size in site["step"].items() if name in has)
    charge = site["rate"] * steps * job["hours"]
    node_hours = nodes * job["hours"]
    kwh = None
    if site["node_power"] is not None and site["pue"] is not None:
        kwh = node_hours * site["node_power"] * site["pue"] / 1000
    money = None if price is None else charge * price
    return {"node_hours": node_hours, "charge": charge, "kwh": kwh, "money": money}
    ### END SOLUTION


# %% check="bill"

# %% [markdown]
# ## `checkpoints`: how often, and what it costs (stretch)
#
# To go on after a failure you need the weights (2 bytes a parameter) and the optimiser (12), not
# the gradients. Writing them at `write` byte/s takes `t_c` seconds, in which nothing is trained.
#
# One node fails once in `node_mtbf` **hours** on average; `nodes` of them fail `nodes` times as
# often, so a failure comes every `t_f` seconds. It costs what was done since the last checkpoint:
# half an interval on average. With an interval of `tau` seconds the share of time that is lost is
#
# $$ \frac{t_c}{\tau} + \frac{\tau}{2\,t_f} . $$
#
# Return a dictionary: `"bytes"` of a checkpoint, `"seconds"` to write it, the `"interval"` in
# seconds that loses least, the share `"lost"` with it, and `"hours"`: how long a run of `hours` of
# pure computing takes then. Where the share is 1 or more, the run never ends: `hours` is `None`.


# %% task="checkpoints"
def checkpoints(params, write, nodes, node_mtbf, hours):
    """Size, interval and cost of checkpoints, as a dictionary."""
    ### BEGIN SOLUTION
    size = 14 * params
    seconds = size / write
    failure = node_mtbf * 3600 / nodes
    interval = math.sqrt(2 * seconds * failure)
    lost = seconds / interval + interval / (2 * failure)
    return {
        "bytes": size,
        "seconds": seconds,
        "interval": interval,
        "lost": lost,
        "hours": hours / (1 - lost) if lost < 1 else None,
    }
    ### END SOLUTION


# %% check="checkpoints"
