# fails: bill_missing_figures, checkpoints_interval
# Fills in what nobody has sourced, with values that are "usual"; and takes the time between
# failures of one node for that of the machine.


# %% task="bill"
def bill(site, job, price=None):
    nodes = job["accelerators"] / site["per_node"]
    if site["whole_nodes"]:
        nodes = math.ceil(nodes)
    has = {**job, "nodes": nodes}
    steps = max(math.ceil(has[name] / size) for name, size in site["step"].items() if name in has)
    charge = site["rate"] * steps * job["hours"]
    node_hours = nodes * job["hours"]
    kwh = node_hours * (site["node_power"] or 2000) * (site["pue"] or 1.2) / 1000
    return {
        "node_hours": node_hours,
        "charge": charge,
        "kwh": kwh,
        "money": charge * (price or 1.0),
    }


# %% task="checkpoints"
def checkpoints(params, write, nodes, node_mtbf, hours):
    size = 14 * params
    seconds = size / write
    failure = node_mtbf * 3600
    interval = math.sqrt(2 * seconds * failure)
    lost = seconds / interval + interval / (2 * failure)
    return {
        "bytes": size,
        "seconds": seconds,
        "interval": interval,
        "lost": lost,
        "hours": hours / (1 - lost),
    }
