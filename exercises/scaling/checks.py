"""Public checks of `scaling`: tables by the laws themselves, and what a hand can check."""

import math

from hpclab.checks import check

TWENTY = {1: 100.0, 2: 60.0, 4: 40.0}  # a serial fraction of 0.2


def by_law(fraction, one, processors):
    """A table of times by Amdahl's law."""
    return {p: one * (fraction + (1 - fraction) / p) for p in processors}


def expect_numbers(work, got, want, why):
    """Fail unless `got` has the keys of `want`, and numbers, or pairs of them, close to its own."""
    work.expect(isinstance(got, dict), got=repr(got), expected="a dictionary", why=why)
    work.equal(sorted(got), sorted(want), why="One entry for each p above 1, and no other.")
    for p, value in want.items():
        work.close_to(got[p], value, rtol=1e-9, atol=1e-12, why=f"p = {p}. {why}")


# -- serial_fractions ---------------------------------------------------------------------------


@check(task="serial_fractions", points=2)
def fraction_by_hand(work):
    """100, 60 and 40 s on 1, 2 and 4 processors are a serial fraction of 0.2 at 2 and at 4."""
    why = "T_2 / T_1 is 0.6, and 1/2 of it is what perfect sharing leaves: (0.6 - 0.5) / 0.5."
    expect_numbers(work, work.call("serial_fractions", TWENTY), {2: 0.2, 4: 0.2}, why)


@check(task="serial_fractions", points=1, after="fraction_by_hand")
def fraction_of_a_message(work):
    """A fixed 4 s on top of perfect sharing gives each p a fraction of its own."""
    table = {p: 96 / p + 4 * (p > 1) for p in (1, 2, 8, 32)}
    want = {p: 4 / 96 / (1 - 1 / p) for p in (2, 8, 32)}
    why = "Each p has its own fraction: no average."
    expect_numbers(work, work.call("serial_fractions", table), want, why)


# -- amdahl -------------------------------------------------------------------------------------


@check(task="amdahl", points=2)
def fits_the_law(work):
    """A table by Amdahl's law with 5 % gives 100 s, 0.05, and 9 processors for 70 %."""
    got = work.call("amdahl", by_law(0.05, 100.0, (1, 2, 4, 8)))
    expect_fit(work, got, 100.0, 0.05, 9)


@check(task="amdahl", points=1, after="fits_the_law")
def fits_without_one(work):
    """The same without the time of one processor, and for an efficiency of one half."""
    got = work.call("amdahl", by_law(0.0301, 64.0, (16, 8, 64, 32)), 0.5)
    expect_fit(work, got, 64.0, 0.0301, 34)


def expect_fit(work, got, one, fraction, most):
    """Fail unless `got` is T_1, the serial fraction and the largest p."""
    three = isinstance(got, tuple | list) and len(got) == 3
    work.expect(three, got=repr(got), expected="three numbers", why="T_1, the fraction, p.")
    work.close_to(got[0], one, rtol=1e-7, why="T_1 is intercept plus slope, in s.")
    work.close_to(got[1], fraction, rtol=1e-7, atol=1e-12, why="The intercept over T_1.")
    why = "E = 1 / (1 + (p - 1) * fraction): solve for p, round down."
    work.expect(got[2] == most, got=f"p = {got[2]}", expected=f"p = {most}", why=why)


# -- gustafson ----------------------------------------------------------------------------------


@check(task="gustafson", points=2)
def scaled_by_hand(work):
    """8 s alone and 10 s on 5 processors: five times the work, a scaled speed-up of 4."""
    why = "S = p T_1 / T_p = 5 * 8 / 10 = 4, and gamma = (5 - 4) / (5 - 1)."
    expect_numbers(work, work.call("gustafson", {1: 8.0, 5: 10.0}), {5: (4.0, 0.25)}, why)


# -- largest ------------------------------------------------------------------------------------

JOB = {1: 36000.0, 8: 5000.0, 32: 1500.0, 64: 900.0, 128: 600.0}  # E: 1, 0.9, 0.75, 0.62, 0.47


@check(task="largest", points=2)
def efficient(work):
    """Of 1, 8, 32, 64 and 128 processors, 32 is the largest with 70 %, 64 with 60 %."""
    why = "E = T_1 / (p T_p): 1, 0.9, 0.75, 0.625 and 0.47 here."
    work.equal(work.call("largest", JOB), 32, why=why)
    work.equal(work.call("largest", JOB, 0.6), 64, why=why)


@check(task="largest", points=1, after="efficient")
def affordable(work):
    """With nodes of 32 processors: 32 for 0.42 node-hours, none for 0.3."""
    why = "32 processors are one node here: for 1,500 s, that is 0.417 node-hours."
    work.equal(work.call("largest", JOB, 0.7, 0.42, 32), 32, why=why)
    work.equal(work.call("largest", JOB, 0.7, 0.3, 32), None, why=why)


# -- diagnose -----------------------------------------------------------------------------------

POWERS = (1, 2, 4, 8, 16, 32)


@check(task="diagnose", points=2)
def three_shapes(work):
    """A serial part, a tree of messages, and cores that are 20 % slower when all are busy."""
    serial = by_law(0.02, 50.0, POWERS)
    tree = {p: 50.0 / p + 0.1 * math.log2(p) for p in POWERS}
    slow = {p: 50.0 / p * (1.2 if p > 1 else 1.0) for p in POWERS}
    for table, want in ((serial, "serial part"), (tree, "overhead"), (slow, "slow cores")):
        work.equal(work.call("diagnose", table), want, why="The slope, over the mean.")


@check(task="diagnose", points=1, after="three_shapes")
def nothing_and_too_few(work):
    """Perfect sharing is nothing to speak of; 1, 2, 4 and 8 processors are too few."""
    perfect = {p: 10.0 / p for p in POWERS}
    work.equal(work.call("diagnose", perfect), "nothing", why="The mean of the fractions is 0.")
    few = by_law(0.02, 50.0, (1, 2, 4, 8))
    work.equal(work.call("diagnose", few), "too few", why="Only 4 and 8 are 4 or more.")
