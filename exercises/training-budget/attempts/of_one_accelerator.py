# fails: plan_tokens_per_second, plan_default_tokens, smallest_count
# Tokens a second of one accelerator; a token for each parameter; and 3.4 accelerators are 3.


# %% task="plan"
def plan(params, tokens, machine):
    if tokens is None:
        tokens = params
    flop = 6 * params * tokens
    one = machine["peak"] * machine["mfu"]
    hours = flop / one / 3600
    return {
        "flop": flop,
        "accelerator_hours": hours,
        "days": hours / machine["accelerators"] / 24,
        "tokens_per_second": one / (6 * params),
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
    needed = round(states / (memory - activations))
    return {"states": states, "activations": activations, "accelerators": needed}
