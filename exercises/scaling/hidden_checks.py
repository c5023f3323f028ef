"""Hidden checks of `scaling`: tables as people write them down. They never ship."""

import numpy as np

from hpclab.checks import check
from hpclab.recorded import motorbike


def by_law(fraction, one, processors):
    """A table of times by Amdahl's law."""
    return {p: one * (fraction + (1 - fraction) / p) for p in processors}


def expect_pairs(work, got, want, why):
    """Fail unless `got` has the keys of `want`, and numbers, or pairs of them, close to its own."""
    work.expect(isinstance(got, dict), got=repr(got), expected="a dictionary", why=why)
    work.equal(sorted(got), sorted(want), why="One entry for each p above 1, and no other.")
    for p, value in want.items():
        work.close_to(got[p], value, rtol=1e-9, atol=1e-12, why=f"p = {p}. {why}")


# -- serial_fractions ---------------------------------------------------------------------------


@check(task="serial_fractions", points=1, after="fraction_by_hand")
def fraction_any_order(work):
    """The time of one processor stands wherever it was written down, be it alone."""
    why = "T_1 is the entry for 1, not the first one."
    table = by_law(0.03, 7.0, (12, 3, 1, 48))
    expect_pairs(work, work.call("serial_fractions", table), {12: 0.03, 3: 0.03, 48: 0.03}, why)
    expect_pairs(work, work.call("serial_fractions", {1: 5.0}), {}, why)


@check(task="serial_fractions", points=1, after="fraction_by_hand")
def fraction_below_zero(work):
    """More speed than processors gives a fraction below 0, which is reported."""
    want = {2: -0.1, 4: -0.2 / 3}
    why = "A cache that suddenly holds everything does this. Cut off, nobody would notice."
    expect_pairs(work, work.call("serial_fractions", {1: 100.0, 2: 45.0, 4: 20.0}), want, why)


# -- amdahl -------------------------------------------------------------------------------------


@check(task="amdahl", points=2, after="fits_the_law")
def fits_noise(work):
    """Where no curve meets every point, the squares of the differences in T_p are least."""
    processors = np.array([4, 1, 16, 2, 8])
    noise = 1 + 0.02 * work.rng.standard_normal(5)
    times = 30.0 * (0.08 + 0.92 / processors) * noise
    b, a = np.polyfit(1 / processors, times, 1)
    got = work.call("amdahl", dict(zip(processors.tolist(), times.tolist(), strict=True)), 0.35)
    why = "Least squares of the times themselves: not a mean of fractions, nor of speed-ups."
    work.close_to(got[0], float(a + b), rtol=1e-6, why=why)
    work.close_to(got[1], float(a / (a + b)), rtol=1e-6, why=why)


@check(task="amdahl", points=1, after="fits_the_law")
def fits_more_than_perfect(work):
    """Of 12, 5.5 and 2.5 s on 1, 2 and 4 processors the fraction is 0, and every p will do."""
    times, x = np.array([12.0, 5.5, 2.5]), np.array([1, 0.5, 0.25])
    got = work.call("amdahl", {1: 12.0, 2: 5.5, 4: 2.5})
    why = "Through 0 the slope is the sum of T_p / p over the sum of 1 / p**2."
    work.close_to(got[0], float(times @ x / (x @ x)), rtol=1e-9, why=why)
    work.expect(got[1] == 0 and got[2] is None, repr(got[1:]), "(0.0, None)", why)


@check(task="amdahl", points=1, after="fits_the_law", cpu=1.0)
def fits_far(work):
    """With a serial fraction of 1e-9 the answer, 428,571,429, comes within a second."""
    got = work.call("amdahl", by_law(1e-9, 100.0, (1, 2, 4, 8, 16)))
    why = "Solve for p; do not count up to it."
    work.close_to(float(got[2]), 428_571_429.0, rtol=1e-3, why=why)


# -- gustafson ----------------------------------------------------------------------------------


@check(task="gustafson", points=1, after="scaled_by_hand")
def scaled_without_one(work):
    """Where the smallest run had 16 processors, 16 is its scaled speed-up."""
    table = {64: 12.0, 16: 9.0, 32: 10.0}
    want = {16: (16.0, 0.0), 32: (28.8, 3.2 / 31), 64: (48.0, 16 / 63)}
    why = "T_1 is not there: T_16 takes its place, whatever the order."
    expect_pairs(work, work.call("gustafson", table), want, why)


@check(task="gustafson", points=1, after="scaled_by_hand")
def scaled_more_than_perfect(work):
    """A larger run may take less time, and gamma is then below 0."""
    want = {2: (2.5, -0.5), 3: (2.4, 0.3)}
    why = "Report what the times say."
    expect_pairs(work, work.call("gustafson", {1: 10.0, 2: 8.0, 3: 12.5}), want, why)


# -- largest ------------------------------------------------------------------------------------


@check(task="largest", points=1, after="efficient")
def largest_after_a_dip(work):
    """A number of processors that suits badly does not hide a larger one that suits well."""
    table = {16: 7.5, 12: 14.0, 1: 96.0, 8: 13.0}
    why = "12 does not divide the grid; 16 does, at 80 %."
    work.equal(work.call("largest", table), 16, why=why)


@check(task="largest", points=1, after="efficient")
def largest_without_one(work):
    """Without a run on one processor, the smallest run is the measure."""
    table = {256: 40.0, 32: 200.0, 64: 105.0, 128: 60.0}
    why = "E = 32 * 200 / (p * T_p): 1, 0.95, 0.83 and 0.625."
    work.equal(work.call("largest", table), 128, why=why)
    work.equal(work.call("largest", table, 1.5), None, why="Nothing is that efficient.")


@check(task="largest", points=1, after="affordable")
def largest_whole_nodes(work):
    """48 processors hold two nodes of 32, and 33 do as well."""
    table = {1: 144_000.0, 33: 4500.0, 48: 3600.0}
    why = "48 / 32 is 1.5 nodes: you pay for 2."
    work.equal(work.call("largest", table, 0.7, 1.9, 32), None, why=why)
    work.equal(work.call("largest", table, 0.7, 2.1, 32), 48, why=why)


@check(task="largest", points=1, after="affordable")
def largest_at_the_limit(work):
    """What is exactly at 50 %, and costs exactly the budget, is within."""
    table = {1: 7200.0, 4: 3600.0}
    work.equal(work.call("largest", table, 0.5, 4.0, 1), 4, why="At least, and at most.")


# -- diagnose -----------------------------------------------------------------------------------


@check(task="diagnose", points=1, after="three_shapes")
def diagnose_motorbike(work):
    """A recorded run on up to 48 cores, whose second point is odd, is overhead."""
    table = dict(reversed(motorbike.seconds.items()))
    work.equal(work.call("diagnose", table), "overhead", why="From p = 4 on the fraction rises.")


@check(task="diagnose", points=1, after="three_shapes")
def diagnose_by_doublings(work):
    """Many points close together weigh by their p, not by their place in the table."""
    fractions = {4: 0.020, 5: 0.0205, 6: 0.021, 7: 0.0215, 8: 0.022, 512: 0.026}
    table = {p: x + (1 - x) / p for p, x in fractions.items()} | {1: 1.0}
    why = "From 4 to 512 are seven doublings, in which the fraction grows by 30 %."
    work.equal(work.call("diagnose", table), "serial part", why=why)
