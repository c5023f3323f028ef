# fails: plan_meets_published, plan_other_machines
# Right only for the machine shown: its figures are written into the formulas.


# %% task="plan"
def plan(params, tokens, machine):
    if tokens is None:
        tokens = 20 * params
    flop = 6 * params * tokens
    hours = flop / 312e12 / 0.40 / 3600
    return {
        "flop": flop,
        "accelerator_hours": hours,
        "days": hours / 256 / 24,
        "tokens_per_second": 256 * 312e12 * 0.40 / (6 * params),
    }
