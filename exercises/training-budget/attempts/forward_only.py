# fails: plan_flop, afford_by_hand, afford_fixed_model
# Counts the forward pass alone: 2 flop a parameter and token.


# %% task="plan"
def plan(params, tokens, machine):
    if tokens is None:
        tokens = 20 * params
    flop = 2 * params * tokens
    per_accelerator = machine["peak"] * machine["mfu"]
    together = per_accelerator * machine["accelerators"]
    return {
        "flop": flop,
        "accelerator_hours": flop / per_accelerator / 3600,
        "days": flop / together / 86400,
        "tokens_per_second": together / (2 * params),
    }


# %% task="afford"
def afford(hours, machine, params=None):
    flop = hours * 3600 * machine["peak"] * machine["mfu"]
    if params is None:
        params = math.sqrt(flop / 40)
    tokens = flop / (2 * params)
    return {"params": params, "tokens": tokens, "tokens_per_param": tokens / params}
