# fails: bill_whole_nodes, bill_largest_resource, smallest_other_shapes
# Rounds up to nodes wherever it runs; and keeps the activations of one sequence for any batch.


# %% task="bill"
def bill(site, job, price=None):
    nodes = math.ceil(job["accelerators"] / site["per_node"])
    has = {**job, "nodes": nodes}
    steps = max(math.ceil(has[name] / size) for name, size in site["step"].items() if name in has)
    charge = site["rate"] * steps * job["hours"]
    kwh = None
    if site["node_power"] is not None and site["pue"] is not None:
        kwh = nodes * job["hours"] * site["node_power"] * site["pue"] / 1000
    money = None if price is None else charge * price
    return {"node_hours": nodes * job["hours"], "charge": charge, "kwh": kwh, "money": money}


# %% task="smallest"
def smallest(model, memory, batch=1, recompute="none"):
    wide = model["sequence"] * model["hidden"]
    layer = wide * (34 + 5 * model["heads"] * model["sequence"] / model["hidden"])
    if recompute == "none":
        activations = model["layers"] * layer
    elif recompute == "selective":
        activations = model["layers"] * wide * 34
    else:
        activations = model["layers"] * wide * 2 + layer
    states = 16 * model["params"]
    room = memory - activations
    needed = math.ceil(states / room) if room > 0 else None
    return {"states": states, "activations": activations, "accelerators": needed}
