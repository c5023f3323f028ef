"""Hidden checks of `training-budget`: other models, other machines, and missing figures."""

import math

from hpclab.checks import check

# -- plan ---------------------------------------------------------------------------------------


@check(task="plan", points=2, after="plan_hours")
def plan_other_machines(work):
    """The peak, the MFU and the count of any machine are used, for three models on each."""
    for peak in (191.5e12, 275e12, 989.4e12):
        for params in (1.3e9, 13e9, 120e9):
            mfu, count = work.rng.uniform(0.2, 0.6), int(work.rng.integers(1, 5000))
            machine = {"peak": peak, "mfu": mfu, "accelerators": count}
            wanted = ("accelerator_hours", "days")
            hours, days = _ask(work, wanted, "plan", params, 2e12, machine)
            expected = 6 * params * 2e12 / peak / mfu / 3600
            why = "Nothing of one machine belongs into the formula."
            work.close_to(hours, expected, why=why)
            work.close_to(days, expected / count / 24, why=why)


# -- afford -------------------------------------------------------------------------------------


@check(task="afford", points=2, after="afford_by_hand", cpu=1)
def afford_large_budgets(work):
    """Budgets from 1e21 to 1e26 flop are spent to the last flop, each at once, 20 tokens each."""
    machine = {"peak": 312e12, "mfu": 0.45, "accelerators": 64}
    why = "A closed formula costs the same for every budget, and leaves nothing over."
    for exponent in range(21, 27):
        flop = 10 ** (exponent + work.rng.random())
        hours = flop / (312e12 * 0.45) / 3600
        params, tokens = _ask(work, ("params", "tokens"), "afford", hours, machine)
        work.close_to(params, math.sqrt(flop / 120), rtol=1e-6, why=why)
        work.close_to(6 * params * tokens, flop, rtol=1e-6, why=why)


# -- smallest -----------------------------------------------------------------------------------

GPT3 = {"params": 175_000_000_000, "layers": 96, "hidden": 12288, "heads": 96, "sequence": 2048}


@check(task="smallest", points=1, after="smallest_activations")
def smallest_other_shapes(work):
    """GPT-3's shape, and a batch of 4: attention's scores are 80 of its 114 parts."""
    why = "5 a s / h is 80 here; a batch of 4 keeps four times as much as one sequence."
    for recompute, parts in (("none", 114), ("selective", 34)):
        (kept,) = _ask(work, ("activations",), "smallest", dict(GPT3), 1e15, 4, recompute)
        work.close_to(kept, 96 * 4 * 2048 * 12288 * float(parts), why=why)


@check(task="smallest", points=1, after="smallest_count")
def smallest_exact_fit(work):
    """What fits to the last byte fits, and one byte less needs one accelerator more."""
    model = {"params": 8_000_000, "layers": 2, "hidden": 64, "heads": 4, "sequence": 16}
    kept = 2 * (34 * 16 * 64 + 5 * 4 * 16 * 16)
    full = kept + 16 * 8_000_000 // 8
    why = "The smallest whole number p with 16 N / p <= memory - activations."
    for memory, expected in ((full, 8), (full - 1, 9), (kept + 16 * 8_000_000, 1), (1e12, 1)):
        (count,) = _ask(work, ("accelerators",), "smallest", dict(model), memory)
        work.equal(count, expected, why=why)


@check(task="smallest", points=1, after="smallest_count")
def smallest_never_fits(work):
    """4,096 tokens: 104 GB of activations fit on no number of accelerators of 64 GB."""
    model = {"params": 7e9, "layers": 32, "hidden": 4096, "heads": 32, "sequence": 4096}
    why = "Sharing the states out does not make a single activation smaller: say None."
    cases = ((64e9, "none", None), (104_152_956_928, "none", None), (64e9, "selective", 3))
    for memory, recompute, expected in cases:
        (count,) = _ask(work, ("accelerators",), "smallest", dict(model), memory, 1, recompute)
        work.equal(count, expected, why=why)


# -- bill ---------------------------------------------------------------------------------------

UNKNOWN = {"node_power": None, "pue": None}
WHOLE = {"per_node": 8, "whole_nodes": True, "unit": "GPU-hour", "rate": 4, "step": {"nodes": 1}}
PARTS = {"per_node": 8, "whole_nodes": False, "unit": "GPU-hour", "rate": 0.5}
PARTS["step"] = {"accelerators": 1, "cores": 8, "memory": 64e9}


@check(task="bill", points=1, after="bill_three_sites")
def bill_largest_resource(work):
    """On `small-g` 1 accelerator with 200 GB pays for 4, and one with 20 cores for 3."""
    why = "Rounded up to steps for each resource; then the largest of them counts."
    one = {"hours": 10, "accelerators": 1}
    more = {"memory": 200e9}, {"cores": 20}, {"cores": 8, "memory": 64e9}
    for extra, charge in zip(more, (20.0, 15.0, 5.0), strict=True):
        wanted = ("charge", "node_hours")
        got, node_hours = _ask(work, wanted, "bill", {**PARTS, **UNKNOWN}, {**one, **extra})
        work.close_to(got, charge, why=why)
        work.close_to(node_hours, 1.25, why=why)


@check(task="bill", points=1, after="bill_missing_figures")
def bill_energy(work):
    """16 nodes of 2,000 W for 24 hours at a PUE of 1.25 take 960 kWh; half of that known: None."""
    site = {**WHOLE, "per_node": 4, "node_power": 2000.0, "pue": 1.25}
    job = {"hours": 24, "accelerators": 62}
    why = "The node-hours that you pay for, W / 1000, and the site's PUE."
    work.close_to(_ask(work, ("kwh",), "bill", dict(site), dict(job))[0], 960.0, why=why)
    for missing in ("node_power", "pue"):
        (got,) = _ask(work, ("kwh",), "bill", {**site, missing: None}, dict(job))
        why = "With one of the two figures missing there is no energy: do not take a usual value."
        work.equal(got, None, why=why)


@check(task="bill", points=1, after="bill_missing_figures")
def bill_free_of_charge(work):
    """A price of 0 is a price: the money is 0, not missing. At 1.50 a unit it is charge × 1.50."""
    why = "`if price` takes 0 for None. Access that is free of charge has a price of 0."
    job = {"hours": 10, "accelerators": 16}
    for price, money in ((0, 0.0), (1.5, 120.0)):
        (got,) = _ask(work, ("money",), "bill", {**WHOLE, **UNKNOWN}, dict(job), price)
        work.expect(got is not None, got="None", expected=f"{money}", why=why)
        work.close_to(got, money, why=why)


# -- checkpoints --------------------------------------------------------------------------------


@check(task="checkpoints", points=1, after="checkpoints_interval")
def checkpoints_other_runs(work):
    """Other sizes, disks and machines: no other interval loses less, and the hours follow."""
    why = "The share is least at tau² = 2 t_c t_f; 1 - share of the time is computing."
    for params in (1e9, 40e9, 405e9):
        nodes, write = int(work.rng.integers(16, 2048)), work.rng.uniform(5e9, 500e9)
        wanted = ("interval", "lost", "hours")
        tau, lost, hours = _ask(work, wanted, "checkpoints", params, write, nodes, 40_000, 1000)
        written, failure = 14 * params / write, 40_000 * 3600 / nodes
        others = [tau * factor for factor in (0.8, 0.95, 1.0, 1.05, 1.2)]
        least = min(written / other + other / (2 * failure) for other in others)
        work.close_to(lost, least, why=why)
        work.close_to(hours, 1000 / (1 - lost), why=why)


@check(task="checkpoints", points=1, after="checkpoints_interval")
def checkpoints_never_ends(work):
    """A machine that fails faster than it can save gets nowhere: `hours` is None."""
    why = "A share of 1 or more is no share: the next failure comes before the next checkpoint."
    (hours,) = _ask(work, ("hours",), "checkpoints", 1e12, 1e9, 10_000, 10_000, 100)
    work.equal(hours, None, why=why)


def _ask(work, wanted, name, *args):
    """Entries of the dictionary that the learner's function returns, or a failure that says so."""
    got = work.call(name, *args)
    if not isinstance(got, dict) or not set(wanted) <= set(got):
        expected = f"a dictionary with {', '.join(wanted)}"
        work.fail(got=repr(got), expected=expected, why="Return all entries.")
    return [got[key] for key in wanted]
