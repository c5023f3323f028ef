# fails: plan_hours, smallest_never_fits
# Asks for the hours that it waits, not for those that all accelerators work together; and takes it
# that enough accelerators make anything fit.


# %% task="plan"
def plan(params, tokens, machine):
    if tokens is None:
        tokens = 20 * params
    flop = 6 * params * tokens
    together = machine["peak"] * machine["mfu"] * machine["accelerators"]
    return {
        "flop": flop,
        "accelerator_hours": flop / together / 3600,
        "days": flop / together / 86400,
        "tokens_per_second": together / (6 * params),
    }


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
    needed = math.ceil(states / max(memory - activations, 1))
    return {"states": states, "activations": activations, "accelerators": needed}
