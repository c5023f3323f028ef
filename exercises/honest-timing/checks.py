"""Public checks of `honest-timing`: they ship with the exercise, and say what is to be found."""

import numpy as np

from hpclab.checks import check

KEYS = ("warm_up", "minimum", "median")


def timed(work, costs, rounds, **machine):
    """What `bench` says of a function of these costs, and the whole run."""
    done = work.fake_time("bench", [costs], rounds, **machine)
    found = done.result
    why = "Three numbers in a dictionary: the names are part of what others rely on."
    expected = f"a dictionary with the keys {', '.join(KEYS)}"
    work.expect(isinstance(found, dict) and set(found) == set(KEYS), found, expected, why)
    numbers = all(isinstance(value, int | float | np.number) for value in found.values())
    work.expect(numbers, found, "three numbers, in seconds", "Each value is one number.")
    return found, done


@check(task="bench", points=2)
def times_one_call(work):
    """Calls of 2 ms that nothing disturbs: minimum and median are 2 ms."""
    found, _ = timed(work, {"seconds": 2e-3}, 9)
    why = "Read the clock before and after each call; the difference is one sample."
    work.close_to(found["minimum"], 2e-3, rtol=1e-3, why=why)
    work.close_to(found["median"], 2e-3, rtol=1e-3, why=why)


@check(task="bench", points=2, after="times_one_call")
def warm_up_is_apart(work):
    """A first call of 0.802 s is the warm-up, and is in neither minimum nor median."""
    found, _ = timed(work, {"seconds": 2e-3, "first": 0.8}, 1)
    why = "The first call of all is a sample of its own."
    work.close_to(found["warm_up"], 0.802, rtol=1e-3, why=why)
    work.close_to(found["minimum"], 2e-3, rtol=1e-3, why=why)
    work.close_to(found["median"], 2e-3, rtol=1e-3, why=why)


@check(task="bench", points=2, after="times_one_call")
def shrugs_off_interruptions(work):
    """Four of 15 calls are interrupted, for 0.3 s in all: minimum and median stay at 2 ms."""
    disturbed = {2: 0.05, 7: 0.2, 8: 0.03, 13: 0.02}
    found, _ = timed(work, {"seconds": 2e-3, "first": 0.8, "interruptions": disturbed}, 15)
    work.close_to(found["minimum"], 2e-3, rtol=1e-3, why="The shortest call was not disturbed.")
    why = "A mean takes in every interruption; the middle one of the sorted samples takes in none."
    work.close_to(found["median"], 2e-3, rtol=1e-3, why=why)


@check(task="bench", points=1, after="times_one_call")
def calls_once_a_round(work):
    """12 rounds are 13 calls: the warm-up and one for each round."""
    _, done = timed(work, {"seconds": 2e-3, "first": 0.8}, 12)
    why = "A call may cost node-hours: make those that were asked for, and time each of them."
    work.equal(len(done.calls), 13, why=why)


# Ranks d of the 95 % interval of a median, and its level in percent, for n samples: from a table in
# print (Nair 1940). The first and last number of samples for which d is 1, and some more.
TABLE = {6: (1, 96.9), 8: (1, 99.2), 10: (2, 97.9), 20: (6, 95.9), 30: (10, 95.7), 65: (25, 95.4)}


def an_interval(work, samples, level):
    """What `interval` returns: three numbers."""
    found = work.call("interval", samples, level)
    expected = "(low, high, reached), three numbers"
    why = "These samples are enough for an answer."
    work.expect(isinstance(found, tuple | list) and len(found) == 3, found, expected, why)
    return found


@check(task="interval", points=2)
def six_samples(work):
    """Six samples at 95 %: the interval is from the smallest to the largest, and reaches 96.9 %."""
    low, high, reached = an_interval(work, [5.0, 1.0, 3.0, 2.0, 4.0, 6.0], 0.95)
    why = "With d = 1 it misses where all six fall on one side: 1 way of 64, on either side."
    work.equal((low, high), (1.0, 6.0), why=why)
    work.close_to(reached, 1 - 2 / 64, why=why)


@check(task="interval", points=2, after="six_samples")
def agrees_with_the_table(work):
    """At 95 %, ranks and levels for 6 to 65 samples are those of a printed table."""
    for n, (d, percent) in TABLE.items():
        samples = work.rng.permutation(np.arange(1.0, n + 1)).tolist()
        low, high, reached = an_interval(work, samples, 0.95)
        why = f"For {n} samples the table says d = {d}: the largest d that still reaches 95 %."
        work.equal((low, high), (float(d), float(n + 1 - d)), why=why)
        work.close_to(100 * reached, percent, rtol=0.0, atol=0.06, why=why)


@check(task="interval", points=1, after="six_samples")
def says_none(work):
    """Five samples cannot give 95 %: `None`."""
    found = work.call("interval", [1.0, 2.0, 3.0, 4.0, 5.0], 0.95)
    why = "All five miss the median with probability 2/32, more than 5 %."
    work.expect(found is None, got=found, expected="None", why=why)


def batched(work, cost, tick, rounds, read=1e-6):
    """What `per_call` says, (seconds, batch), and the whole run."""
    done = work.fake_time("per_call", [cost], tick, rounds, resolution=tick, read=read)
    found = done.result
    expected = "(seconds a call, calls in a batch)"
    pair = isinstance(found, tuple | list) and len(found) == 2
    work.expect(pair, found, expected, "Two numbers: the answer, and how it was got.")
    whole = isinstance(found[1], int | np.integer) and found[1] >= 1
    work.expect(whole, found, expected, "The second is a whole number, 1 or more.")
    return found[0], int(found[1]), done


@check(task="per_call", points=2)
def sees_below_the_tick(work):
    """A call of 0.4 ms, on a clock that ticks every 16 ms: right within 1 %."""
    seconds, _, _ = batched(work, {"seconds": 4e-4, "first": 0.5}, 0.016, 5)
    why = "0 s, or one tick, is what a single call seems to take: put many between two readings."
    work.close_to(seconds, 4e-4, rtol=0.0101, why=why)


def expect_batch(work, seconds, tick, batch, done, rounds):
    """Rules 1 and 2."""
    ticks = batch * seconds / tick
    got = f"a batch of {batch:,} calls, which lasts {ticks:.3g} ticks"
    work.expect(ticks >= 99, got, "at least 100 ticks", "One tick more or less is 1 % of 100.")
    why = "Digits that nobody asked for cost calls all the same."
    work.expect(batch == 1 or ticks <= 404, got, "at most 400 ticks, or one call", why)
    most = (rounds + 10) * batch
    got = f"{len(done.calls):,} calls with batches of {batch:,}"
    work.expect(len(done.calls) <= most, got, f"at most {most:,}", "Search with few calls.")


@check(task="per_call", points=2, after="sees_below_the_tick")
def no_more_than_needed(work):
    """A batch lasts 100 to 400 ticks, and the search for it is short."""
    for seconds in (4e-4, 1.1e-3):
        _, batch, done = batched(work, {"seconds": seconds, "first": 0.5}, 0.016, 5)
        expect_batch(work, seconds, 0.016, batch, done, 5)


@check(task="per_call", points=1, after="sees_below_the_tick")
def long_calls_need_no_batch(work):
    """A call of 3 s on that clock is a batch of its own."""
    seconds, batch, done = batched(work, {"seconds": 3.0, "first": 0.5}, 0.016, 5)
    work.close_to(seconds, 3.0, rtol=0.0101)
    expect_batch(work, 3.0, 0.016, batch, done, 5)
    work.equal(batch, 1, why="3 s are 187 ticks already.")


def compared(work, f, g, rounds, **machine):
    """What `speed_up` says of functions of these costs, and the calls after the two warm-ups."""
    done = work.fake_time("speed_up", [f, g], rounds, **machine)
    number = isinstance(done.result, int | float | np.number)
    work.expect(number, done.result, "one number", "Time of `f` over time of `g`.")
    return done.result, done.calls


@check(task="speed_up", points=2)
def knows_twice_as_fast(work):
    """`f` takes 10 ms, `g` 5 ms, and both compile first: 2."""
    f, g = {"seconds": 0.01, "first": 0.7}, {"seconds": 0.005, "first": 1.1}
    found, _ = compared(work, f, g, 10)
    why = "Time of `f` over time of `g`, each without its own first call."
    work.close_to(found, 2.0, rtol=1e-3, why=why)


@check(task="speed_up", points=2, after="knows_twice_as_fast")
def drift_cancels(work):
    """Two equal functions on a machine that grows slower by the call: 1, within 3 %."""
    same = {"seconds": 0.01, "first": 0.2}
    found, _ = compared(work, same, same, 60, drift=1.0)
    why = "What is timed later takes longer here: let `f` and `g` take turns."
    work.close_to(found, 1.0, rtol=0.03, why=why)


@check(task="speed_up", points=2, after="knows_twice_as_fast")
def neither_goes_first(work):
    """In 100 rounds, the calls of `f` come as early as those of `g`, on average."""
    same = {"seconds": 0.01, "first": 0.2}
    _, calls = compared(work, same, same, 100)
    counts = calls.count(0), calls.count(1)
    work.equal(counts, (101, 101), why="Each is called once as a warm-up and once a round.")
    f, g = (np.flatnonzero(np.array(calls) == number)[1:] for number in (0, 1))
    later = float(np.mean(g) - np.mean(f))
    work.expect(
        abs(later) <= 0.5,
        got=f"`g` comes {later:.2f} calls later than `f`",
        expected="at most half a call later or earlier",
        why="With drift, who always goes second looks slower. Alternate who is first, or draw it.",
    )
