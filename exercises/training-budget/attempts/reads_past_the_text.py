# fails: smallest_states, smallest_activations, bill_three_sites, checkpoints_size
# Misreads what is asked: weights without an optimiser, one layer for all, a bill for one hour,
# and gradients in the checkpoint.


# %% task="smallest"
def smallest(model, memory, batch=1, recompute="none"):
    wide = model["sequence"] * batch * model["hidden"]
    activations = wide * 34
    states = 2 * model["params"]
    needed = math.ceil(states / (memory - activations))
    return {"states": states, "activations": activations, "accelerators": needed}


# %% task="bill"
def bill(site, job, price=None):
    nodes = job["accelerators"] / site["per_node"]
    if site["whole_nodes"]:
        nodes = math.ceil(nodes)
    charge = site["rate"] * nodes
    return {"node_hours": nodes, "charge": charge, "kwh": None, "money": None}


# %% task="checkpoints"
def checkpoints(params, write, nodes, node_mtbf, hours):
    size = 16 * params
    seconds = size / write
    failure = node_mtbf * 3600 / nodes
    interval = math.sqrt(2 * seconds * failure)
    lost = seconds / interval + interval / (2 * failure)
    return {
        "bytes": size,
        "seconds": seconds,
        "interval": interval,
        "lost": lost,
        "hours": hours / (1 - lost),
    }
