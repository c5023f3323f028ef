# fails: bill_energy, bill_free_of_charge, bill_largest_resource, checkpoints_never_ends
# A PUE of 1 where none is given, no money for a price of 0, the first resource only, and more
# time lost than there is.


# %% task="bill"
def bill(site, job, price=None):
    nodes = job["accelerators"] / site["per_node"]
    if site["whole_nodes"]:
        nodes = math.ceil(nodes)
    has = {**job, "nodes": nodes}
    (name, size), *_ = site["step"].items()
    charge = site["rate"] * math.ceil(has[name] / size) * job["hours"]
    node_hours = nodes * job["hours"]
    kwh = None
    if site["node_power"]:
        kwh = node_hours * site["node_power"] * (site["pue"] or 1.0) / 1000
    money = charge * price if price else None
    return {"node_hours": node_hours, "charge": charge, "kwh": kwh, "money": money}


# %% task="checkpoints"
def checkpoints(params, write, nodes, node_mtbf, hours):
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
        "hours": hours / (1 - lost),
    }
