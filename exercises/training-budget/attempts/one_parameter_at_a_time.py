# fails: afford_large_budgets
# Slow but right: tries every number of parameters until the budget is spent.


# %% task="afford"
def afford(hours, machine, params=None):
    flop = hours * 3600 * machine["peak"] * machine["mfu"]
    if params is None:
        params = 0
        while 120 * (params + 1) ** 2 <= flop:
            params += 1
    tokens = flop / (6 * params)
    return {"params": params, "tokens": tokens, "tokens_per_param": tokens / params}
