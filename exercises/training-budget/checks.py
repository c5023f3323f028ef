"""Public checks of `training-budget`: they travel with the notebook, with the published figures."""

from hpclab.checks import check

A100 = {"peak": 312e12, "mfu": 0.40, "accelerators": 256}

# -- plan ---------------------------------------------------------------------------------------


@check(task="plan", points=2)
def plan_flop(work):
    """GPT-3 by hand: 175e9 parameters on 300e9 tokens are 3.15e23 flop."""
    got = work.call("plan", 175e9, 300e9, dict(A100))
    why = "6 flop for each parameter and token: 2 forward, 4 backward."
    work.close_to(_of(work, got, "flop"), 3.15e23, why=why)


@check(task="plan", points=2, after="plan_flop")
def plan_hours(work):
    """7e9 parameters on 140e9 tokens: 13,087.6 hours of an A100 at 40 %, 2.13 days on 256."""
    got = work.call("plan", 7e9, 140e9, dict(A100))
    flop = 6 * 7e9 * 140e9
    why = "An accelerator does peak * mfu model flop a second, and an hour has 3,600 s."
    work.close_to(_of(work, got, "accelerator_hours"), flop / (312e12 * 0.4) / 3600, why=why)
    why = "All accelerators work at once: days = accelerator-hours / accelerators / 24."
    work.close_to(_of(work, got, "days"), flop / (312e12 * 0.4 * 256) / 86400, why=why)


@check(task="plan", points=1, after="plan_flop")
def plan_tokens_per_second(work):
    """7e9 parameters on 256 such accelerators: 760,686 tokens a second, all together."""
    got = work.call("plan", 7e9, 140e9, dict(A100))
    why = "A token costs 6 flop a parameter: flop/s of all accelerators over 6 * params."
    work.close_to(_of(work, got, "tokens_per_second"), 312e12 * 0.4 * 256 / (6 * 7e9), why=why)


@check(task="plan", points=1, after="plan_flop")
def plan_default_tokens(work):
    """With `tokens=None`, it is 20 tokens a parameter: 1e9 parameters are 1.2e20 flop."""
    got = work.call("plan", 1e9, None, dict(A100))
    work.close_to(_of(work, got, "flop"), 1.2e20, why="D = 20 N.")


# What was published: parameters, tokens, peak (flop/s), MFU, accelerators, which figure, its value.
# LLaMA's own MFU follows from its 380 tokens a second and GPU: 6 * 65.2e9 * 380 / 312e12.
LLAMA = 6 * 65.2e9 * 380 / 312e12
PUBLISHED = {
    "GPT-3": (175e9, 300e9, 312e12, 0.4, 1, "flop", 3.14e23),
    "Chinchilla": (70e9, 1.4e12, 312e12, 0.4, 1, "flop", 5.76e23),
    "Llama 3 405B": (405e9, 15.6e12, 989.4e12, 0.41, 16384, "flop", 3.8e25),
    "PaLM 540B": (540e9, 780e9, 275e12, 0.462, 6144, "tokens_per_second", 238.3e3),
    "LLaMA 65B": (65.2e9, 1.4e12, 312e12, LLAMA, 2048, "days", 21.0),
    "LLaMA 33B": (32.5e9, 1.4e12, 312e12, LLAMA, 2048, "accelerator_hours", 530_432),
    "LLaMA 13B": (13.0e9, 1.0e12, 312e12, LLAMA, 2048, "accelerator_hours", 135_168),
    "LLaMA 7B": (6.7e9, 1.0e12, 312e12, LLAMA, 2048, "accelerator_hours", 82_432),
}


@check(task="plan", points=2, after=("plan_hours", "plan_tokens_per_second"))
def plan_meets_published(work):
    """`plan` is within 10 % of eight published figures, GPT-3 to Llama 3; the page has sources."""
    for name, (params, tokens, peak, mfu, count, what, published) in PUBLISHED.items():
        machine = {"peak": peak, "mfu": mfu, "accelerators": count}
        got = _of(work, work.call("plan", params, tokens, machine), what)
        off = got / published - 1
        work.expect(
            abs(off) <= 0.10,
            got=f"{what} of {name}: {got:.4g}, {off:+.0%}",
            expected=f"{published:.4g} as published, within 10 %",
            why="Each machine brings its own peak, MFU and number of accelerators.",
        )


# -- afford -------------------------------------------------------------------------------------


@check(task="afford", points=2)
def afford_by_hand(work):
    """1.2e14 flop (240 s at 1e12 flop/s and 50 %): a million parameters, 20 million tokens."""
    machine = {"peak": 1e12, "mfu": 0.5, "accelerators": 1}
    got = work.call("afford", 240 / 3600, machine)
    why = "6 N D with D = 20 N is 120 N²: solve for N."
    work.close_to(_of(work, got, "params"), 1e6, rtol=1e-5, why=why)
    work.close_to(_of(work, got, "tokens"), 20e6, rtol=1e-5, why=why)
    work.close_to(_of(work, got, "tokens_per_param"), 20.0, rtol=1e-5, why=why)


@check(task="afford", points=1)
def afford_fixed_model(work):
    """50,000 hours of an A100 at 40 % train 7e9 parameters on 5.35e11 tokens."""
    got = work.call("afford", 50_000, dict(A100), params=7e9)
    tokens = 50_000 * 3600 * 312e12 * 0.4 / (6 * 7e9)
    why = "With the model given, the flop of the budget over 6 * params is the tokens."
    work.close_to(_of(work, got, "tokens"), tokens, why=why)
    work.close_to(_of(work, got, "tokens_per_param"), tokens / 7e9, why=why)


# -- smallest -----------------------------------------------------------------------------------

SEVEN = {"params": 7_000_000_000, "layers": 32, "hidden": 4096, "heads": 32, "sequence": 2048}


@check(task="smallest", points=1)
def smallest_states(work):
    """7e9 parameters: 112 GB of weights, gradients and optimiser."""
    got = work.call("smallest", dict(SEVEN), 64e9)
    work.close_to(_of(work, got, "states"), 112e9, why="2 + 2 + 12 = 16 bytes a parameter.")


@check(task="smallest", points=2)
def smallest_activations(work):
    """One sequence of 2,048 through 32 layers of 4,096: 30.6 GB, 9.1 GB or 1.5 GB."""
    none = 2048 * 4096 * (34 + 5 * 32 * 2048 / 4096)
    kept = {
        "none": 32 * none,
        "selective": 32 * 2048 * 4096 * 34,
        "full": 32 * 2048 * 4096 * 2 + none,
    }
    for recompute, expected in kept.items():
        got = work.call("smallest", dict(SEVEN), 64e9, 1, recompute)
        why = f"recompute={recompute!r}: see the table; all layers, in bytes."
        work.close_to(_of(work, got, "activations"), expected, why=why)


@check(task="smallest", points=1, after=("smallest_states", "smallest_activations"))
def smallest_count(work):
    """They need 4 accelerators of 64 GB, 12 of 40 GB, or 4 of 40 GB that recompute attention."""
    why = "Each holds its own activations and 1/p of the states: 16 N / p <= memory - activations."
    for memory, recompute, expected in (
        (64e9, "none", 4),
        (40e9, "none", 12),
        (40e9, "selective", 4),
    ):
        got = work.call("smallest", dict(SEVEN), memory, 1, recompute)
        work.equal(_of(work, got, "accelerators"), expected, why=why)


# -- bill ---------------------------------------------------------------------------------------

# As hpclab.sites has them; a figure that nobody has sourced is None.
SITES = {
    "LUMI-G, standard-g": {
        "per_node": 8, "whole_nodes": True, "unit": "GPU-hour", "rate": 4,
        "step": {"nodes": 1}, "node_power": None, "pue": None,
    },
    "LUMI-G, small-g": {
        "per_node": 8, "whole_nodes": False, "unit": "GPU-hour", "rate": 0.5,
        "step": {"accelerators": 1, "cores": 8, "memory": 64e9}, "node_power": None, "pue": None,
    },
    "Karolina, qgpu": {
        "per_node": 8, "whole_nodes": False, "unit": "node-hour", "rate": 0.125,
        "step": {"accelerators": 1}, "node_power": None, "pue": None,
    },
    "Leonardo, boost_usr_prod": {
        "per_node": 4, "whole_nodes": False, "unit": "core-hour", "rate": 8,
        "step": {"accelerators": 1}, "node_power": None, "pue": None,
    },
}  # fmt: skip


@check(task="bill", points=2)
def bill_three_sites(work):
    """64 accelerators for 100 hours: 3,200 GPU-hours, 800 node-hours or 51,200 core-hours."""
    job = {"hours": 100, "accelerators": 64}
    wanted = {
        "LUMI-G, standard-g": (800, 3200),
        "Karolina, qgpu": (800, 800),
        "Leonardo, boost_usr_prod": (1600, 51_200),
    }
    for name, (node_hours, charge) in wanted.items():
        got = work.call("bill", _copy(name), dict(job))
        why = f"{name}: rate × steps × hours; see 1 and 2."
        work.close_to(_of(work, got, "node_hours"), node_hours, why=why)
        work.close_to(_of(work, got, "charge"), charge, why=why)


@check(task="bill", points=1, after="bill_three_sites")
def bill_whole_nodes(work):
    """9 accelerators for 10 hours take two whole nodes of `standard-g`: 80 GPU-hours."""
    got = work.call("bill", _copy("LUMI-G, standard-g"), {"hours": 10, "accelerators": 9})
    why = "Where nodes are given out whole, you pay for the idle rest of the last one."
    work.close_to(_of(work, got, "node_hours"), 20.0, why=why)
    work.close_to(_of(work, got, "charge"), 80.0, why=why)
    got = work.call("bill", _copy("Karolina, qgpu"), {"hours": 10, "accelerators": 9})
    why = "Where parts of a node are given out, nothing is rounded up to a node."
    work.close_to(_of(work, got, "node_hours"), 11.25, why=why)


@check(task="bill", points=1, after="bill_three_sites")
def bill_missing_figures(work):
    """No energy where the power or the PUE is missing, and no money without a price."""
    for name in SITES:
        got = work.call("bill", _copy(name), {"hours": 5, "accelerators": 8})
        for what in ("kwh", "money"):
            why = "A figure that nobody has sourced is said to be missing. It is never made up."
            work.expect(_of(work, got, what) is None, f"{what} = {got[what]!r}", "None", why)


# -- checkpoints --------------------------------------------------------------------------------

BIG = {"params": 70e9, "write": 20e9, "nodes": 512, "node_mtbf": 25_600, "hours": 300}


@check(task="checkpoints", points=1)
def checkpoints_size(work):
    """70e9 parameters: 980 GB, written in 49 s at 20 GB/s."""
    got = work.call("checkpoints", **BIG)
    why = "Weights and optimiser: 2 + 12 bytes a parameter. Gradients are computed anew."
    work.close_to(_of(work, got, "bytes"), 980e9, why=why)
    work.close_to(_of(work, got, "seconds"), 49.0, why=why)


@check(task="checkpoints", points=2, after="checkpoints_size")
def checkpoints_interval(work):
    """512 nodes that fail every 25,600 hours each: save every 4,200 s, and lose 2.3 %."""
    got = work.call("checkpoints", **BIG)
    why = "Where the derivative is 0: t_c / tau² = 1 / (2 t_f). All nodes, and all in seconds."
    work.close_to(_of(work, got, "interval"), 4200.0, rtol=1e-3, why=why)
    work.close_to(_of(work, got, "lost"), 2 * 49 / 4200, rtol=1e-3, why=why)


def _of(work, got, key):
    """An entry of the learner's dictionary, or a failure that says what came back instead."""
    if not isinstance(got, dict) or key not in got:
        work.fail(got=repr(got), expected=f'a dictionary with "{key}"', why="Return all entries.")
    return got[key]


def _copy(name):
    return {**SITES[name], "step": dict(SITES[name]["step"])}
