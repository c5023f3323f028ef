# fails: afford_large_budgets, smallest_exact_fit
# Fast but wrong: the largest of the usual sizes that can be paid, and the rest of the budget is
# left over; and one accelerator more than the whole part, which is one too many where all fits.


# %% task="afford"
def afford(hours, machine, params=None):
    flop = hours * 3600 * machine["peak"] * machine["mfu"]
    if params is None:
        sizes = [1e6, 1e7, 1e8, 3e8, 1e9, 3e9, 7e9, 13e9, 34e9, 70e9, 175e9, 405e9]
        params = max(size for size in sizes if 120 * size**2 <= flop * 1.0001)
        return {"params": params, "tokens": 20 * params, "tokens_per_param": 20.0}
    tokens = flop / (6 * params)
    return {"params": params, "tokens": tokens, "tokens_per_param": tokens / params}


# %% task="smallest"
def smallest(model, memory, batch=1, recompute="none"):
    wide = model["sequence"] * batch * model["hidden"]
    layer = wide * (34 + 5 * model["heads"] * model["sequence"] / model["hidden"])
    if recompute == "none":
        activations = model["layers"] * layer
    elif recompute == "selective":
        activations = model["layers"] * wide * 34
    else:
        activations = model["layers"] * wide * 2 + layer
    states = 16 * model["params"]
    room = memory - activations
    needed = int(states / room) + 1 if room > 0 else None
    return {"states": states, "activations": activations, "accelerators": needed}
