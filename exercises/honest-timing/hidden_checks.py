"""Hidden checks of `honest-timing`: they never ship."""

import math

import numpy as np

from hpclab.checks import check
from hpclab.measure.intervals import median_interval


def median_of_calls(work, costs, rounds):
    """What `bench` says of a function of these costs."""
    found = work.fake_time("bench", [costs], rounds).result
    keys = {"warm_up", "minimum", "median"}
    work.expect(isinstance(found, dict) and set(found) == keys, found, f"a dictionary of {keys}")
    return found


def batches(work, cost, tick, read):
    """Whether `per_call` is right within 1 %, and no slower than it has to be."""
    done = work.fake_time("per_call", [cost], tick, 5, resolution=tick, read=read)
    pair = isinstance(done.result, tuple | list) and len(done.result) == 2
    work.expect(pair, done.result, "(seconds a call, calls in a batch)")
    seconds, batch = done.result
    case = f"calls of {cost['seconds']:g} s on a clock that ticks every {tick:g} s: "
    ticks = batch * cost["seconds"] / tick
    got = f"{case}a batch of {batch:,} lasts {ticks:.3g} ticks"
    why = "A batch that was long enough once may have been interrupted: ask twice."
    work.expect(ticks >= 99, got, "at least 100 ticks", why)
    work.expect(batch == 1 or ticks <= 404, got, "at most 400 ticks, or one call")
    work.expect(
        len(done.calls) <= 15 * batch, f"{case}{len(done.calls):,} calls", f"{15 * batch:,}"
    )
    work.close_to(seconds, cost["seconds"], rtol=0.0101, why=case)


@check(task="bench", points=1, after="times_one_call")
def even_rounds(work):
    """Four calls of 3, 5, 6 and 12 ms, in another order: the median is 5.5 ms."""
    longer = {1: 4e-3, 2: 1e-3, 3: 10e-3, 4: 3e-3}
    found = median_of_calls(work, {"seconds": 2e-3, "interruptions": longer}, 4)
    why = "With an even number of samples the median is the mean of the middle two."
    work.close_to(found["median"], 5.5e-3, rtol=1e-3, why=why)
    work.close_to(found["minimum"], 3e-3, rtol=1e-3)


@check(task="bench", points=1, after="times_one_call")
def noise_on_every_call(work):
    """Noise that only adds, on each of 2,001 calls: the median is that of its distribution."""
    found = median_of_calls(work, {"seconds": 2e-3, "first": 0.8, "noise": 0.3}, 2001)
    why = (
        "All samples after the warm-up belong to the median; which of them are outliers is a guess."
    )
    work.close_to(found["median"], 2e-3 * (1 + 0.3 * math.log(2)), rtol=0.02, why=why)
    work.close_to(found["minimum"], 2e-3, rtol=0.01)


@check(task="bench", points=1, after="times_one_call")
def warm_up_is_the_first(work):
    """The warm-up is the first call, also where an interruption lasts longer than compiling."""
    found = median_of_calls(work, {"seconds": 2e-3, "first": 0.1, "interruptions": {3: 0.5}}, 7)
    why = "Nothing says that the first call is the longest one."
    work.close_to(found["warm_up"], 0.102, rtol=1e-3, why=why)
    work.close_to(found["median"], 2e-3, rtol=1e-3, why=why)


@check(task="interval", points=2, after="six_samples")
def other_levels(work):
    """Right for 1 to 40 samples at 80, 90 and 99 %; `None` where it has to be."""
    for level in (0.8, 0.9, 0.99):
        for n in range(1, 41):
            samples = work.rng.exponential(size=n)
            expected = median_interval(samples, level)
            if expected.level < level:
                found = work.call("interval", samples.tolist(), level)
                work.expect(found is None, found, "None", f"{n} samples do not reach {level}.")
            else:
                found = work.call("interval", samples.tolist(), level)
                work.close_to(np.array(found), np.array(expected), why=f"{n} samples at {level}")


@check(task="interval", points=1, after="six_samples")
def many_samples(work):
    """2,001 samples are no problem."""
    samples = work.rng.exponential(size=2001)
    expected = median_interval(samples, 0.95)
    found = work.call("interval", samples.tolist(), 0.95)
    why = "2**2001 and its like are whole numbers in Python, and far too large for a float."
    work.close_to(np.array(found), np.array(expected), why=why)


@check(task="interval", points=1, after="six_samples")
def leaves_samples_alone(work):
    """The samples stay in the order in which they were taken."""
    samples = np.array([5.0, 1.0, 3.0, 2.0, 4.0, 6.0, 0.5])
    before = samples.copy()
    work.call("interval", samples, 0.95)
    why = "Their order says whether the machine drifted: sort a copy."
    work.equal(samples, before, why=why)


@check(task="per_call", points=2, after="sees_below_the_tick")
def search_is_not_fooled(work):
    """An interruption of 3 s during the search does not make the batch too small."""
    for disturbed in (1, 2, 5, 11, 40):
        cost = {"seconds": 4e-4, "first": 5.0, "interruptions": {disturbed: 3.0}}
        batches(work, cost, 0.016, 1e-6)


@check(task="per_call", points=1, after="sees_below_the_tick")
def other_clocks(work):
    """Right for other calls on other clocks, from nanoseconds to seconds."""
    for seconds, tick, read in ((3e-8, 1e-6, 1e-10), (0.2, 1.0, 1e-6), (2e-3, 1e-6, 2e-8)):
        batches(work, {"seconds": seconds, "first": 0.5}, tick, read)


@check(task="speed_up", points=1, after="knows_twice_as_fast")
def interruptions_too(work):
    """Drift, and a quarter of the calls of `f` interrupted: still right."""
    disturbed = {number: 0.3 for number in range(3, 40, 4)}
    f = {"seconds": 0.01, "first": 0.2, "interruptions": disturbed}
    g = {"seconds": 0.008, "first": 0.2}
    found = work.fake_time("speed_up", [f, g], 40, drift=0.2).result
    why = "One interrupted call weighs no more than another: take the median of the rounds' ratios."
    work.close_to(found, 1.25, rtol=0.03, why=why)


@check(task="speed_up", points=1, after="knows_twice_as_fast")
def slower_is_below_one(work):
    """`g` takes four times as long as `f`, on a machine that grows faster: 0.25."""
    f, g = {"seconds": 0.005, "first": 0.5}, {"seconds": 0.02, "first": 0.1}
    found = work.fake_time("speed_up", [f, g], 20, drift=-0.3).result
    work.close_to(found, 0.25, rtol=0.03, why="Time of `f` over time of `g`, whichever is longer.")
