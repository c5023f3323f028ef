"""Public checks of `races`: they travel with the notebook and know only the obvious answer."""

import math

import numpy as np

from hpclab.checks import check
from hpclab.count.lines import shared_lines

# -- histogram ----------------------------------------------------------------------------------


@check(task="histogram", points=1)
def each_number_once(work):
    """`histogram` counts the numbers 0 to 99, each of which comes once, in random order."""
    got = work.call("histogram", work.rng.permutation(100), 100, 4)
    work.equal(
        got,
        np.ones(100, np.int64),
        why="Each number was there once. The counts are int64, `k` of them.",
    )


@check(task="histogram", points=3, after="each_number_once")
def histogram_has_no_race(work):
    """No two iterations of `histogram` write the same place, and `prange` is in it."""
    found = work.races("histogram", np.tile(np.arange(3), 8), 3, 4)
    why = "`+= 1` is a load, an addition and a store. Let each block count in a row of its own."
    work.expect(not found, "; ".join(map(str, found)), "no place that two iterations share", why)


@check(task="histogram", points=2, after="histogram_has_no_race")
def agrees_with_bincount(work):
    """`histogram` counts 1,200 numbers below 8 as NumPy does, in 4 blocks."""
    bins = work.rng.integers(0, 8, 1200)
    want = np.bincount(bins, minlength=8)
    work.equal(work.call("histogram", bins, 8, 4), want, why="Add up the rows of all blocks.")


@check(task="histogram", points=1, after="agrees_with_bincount")
def looks_once(work):
    """`histogram` of 20,000 numbers of 32 kinds loads at most 32 bytes a number."""
    n = 20_000
    found = work.operations("histogram", work.rng.integers(0, 32, n), 32, 4)
    why = "Share out the numbers, not the bins: else each thread reads all of them."
    work.expect(found.bytes_loaded <= 32 * n, f"{found.bytes_loaded / n:.3g}", "at most 32", why)


# -- worst --------------------------------------------------------------------------------------


def count_after(schedule):
    """The counter at the end of a schedule of two threads: load, add, store, load, ..."""
    counter, register, done = 0, [0, 0], [0, 0]
    for thread in schedule:
        step = done[thread] % 3
        if step == 0:
            register[thread] = counter
        elif step == 1:
            register[thread] += 1
        else:
            counter = register[thread]
        done[thread] += 1
    return counter


def expect_worst(work, adds, least):
    """Fail unless `worst(adds)` is a schedule that ends with `least`."""
    schedule = [int(thread) for thread in work.call("worst", adds)]
    each = schedule.count(0), schedule.count(1)
    fine = each == (3 * adds, 3 * adds) and len(schedule) == 6 * adds
    work.expect(fine, f"{each[0]} times 0 and {each[1]} times 1", f"{3 * adds} times each")
    work.equal(count_after(schedule), least, why="The count that your schedule ends with.")


@check(task="worst", points=1)
def worst_of_one(work):
    """Two threads that add once each end with 1."""
    expect_worst(work, 1, 1)


@check(task="worst", points=2, after="worst_of_one")
def worst_of_two(work):
    """Two threads that add twice each end with 2."""
    expect_worst(work, 2, 2)


# -- take_jobs ----------------------------------------------------------------------------------


def orders(work, threads, jobs, outcome="done"):
    """What all orders of so many threads that share so many jobs lead to."""
    state = {"next": 0, "jobs": jobs, "busy": 0, "most": 0, "done": ""}
    return work.interleavings("take_jobs", threads, state, outcome, ["lock"], watch=["next"])


def expect_each_once(work, threads, jobs):
    """Fail unless each job is done once in every order."""
    found = orders(work, threads, jobs)
    if found.deadlocks:
        got = f"a deadlock in {found.deadlocks:,} of {found.schedules:,} orders: "
        why = f"The steps were those of threads {found.stuck}. Is the lock released on every path?"
        work.fail(got + "; ".join(found.waiting), "none", why)
    right = "".join(map(str, range(jobs)))
    wrong = {done: n for done, n in found.outcomes.items() if sorted(done) != [*right]}
    if wrong:
        done = next(iter(wrong))
        got = f"{sum(wrong.values()):,} of {found.schedules:,} orders are bad; jobs done in one "
        got += f"of them: {', '.join(done) or 'none'}"
        why = f"The steps were those of threads {found.examples[done]}."
        work.fail(got, f"each of {jobs} jobs once", why)


@check(task="take_jobs", points=2)
def each_job_once(work):
    """Two threads do each of two jobs once, in every order of their steps."""
    expect_each_once(work, 2, 2)


@check(task="take_jobs", points=1, after="each_job_once")
def jobs_overlap(work):
    """There is an order in which both threads do a job at the same time."""
    most = max(orders(work, 2, 2, "most").outcomes)
    why = "Give the lock back before you start the job: threads that wait for it do nothing."
    work.expect(most == 2, f"never more than {most} at a time", "2 at a time", why)


# -- total --------------------------------------------------------------------------------------


def by_the_rule(x, block):
    """The rule, taken at its word."""
    result = 0.0
    for start in range(0, len(x), block):
        s = 0.0
        for value in x[start : start + block].tolist():
            s += value
        result += s
    return result


def hard_numbers(rng, n):
    """Numbers of both signs from 1e-8 to 1e8, so that the order of a sum shows in its bits."""
    return rng.standard_normal(n) * 10.0 ** rng.uniform(-8, 8, n)


def expect_bits(work, x, block, threads):
    """Fail unless `total` has the bits of the rule."""
    want, got = by_the_rule(x, block), float(work.call("total", x, block, threads))
    why = (
        f"{x.size} numbers, blocks of {block}, {threads} threads. The rule fixes every order, that "
    )
    why += "of the blocks too: in a parallel function `sums.sum()` is shared out to threads again."
    work.expect(got.hex() == want.hex(), f"{got!r}", f"{want!r}", why)


@check(task="total", points=1)
def total_is_close(work):
    """`total` of 12,032 positive numbers is close to the exact sum."""
    x = work.rng.random(12_032)
    got = float(work.call("total", x, 256, 4))
    work.close_to(got, math.fsum(x), rtol=1e-12, why="Is each number in exactly one block?")


@check(task="total", points=2, after="total_is_close")
def total_has_the_same_bits(work):
    """`total` of 12,032 numbers in blocks of 256 has the rule's bits for 1 to 16 threads."""
    x = hard_numbers(work.rng, 12_032)
    for threads in (1, 2, 3, 4, 7, 16):
        expect_bits(work, x, 256, threads)


@check(task="total", points=1, after="total_is_close")
def total_has_no_race(work):
    """`total` shares out its blocks with `prange`, and no two iterations write the same place."""
    found = work.races("total", work.rng.random(20), 3, 4)
    why = "Each block's sum has a place of its own; they are added up after the loop."
    work.expect(not found, "; ".join(map(str, found)), "no place that two iterations share", why)


# -- shares -------------------------------------------------------------------------------------


def ranges(work, n, threads, itemsize, line):
    """The learner's ranges, which cover 0 ... n - 1 in order."""
    found = [
        (int(start), int(stop)) for start, stop in work.call("shares", n, threads, itemsize, line)
    ]
    work.equal(len(found), threads, why="One range for each thread, be it empty.")
    end = 0
    for t, (start, stop) in enumerate(found):
        fine = start == end and stop >= start
        work.expect(fine, f"thread {t} has ({start}, {stop})", f"a start at {end}", "No gap.")
        end = stop
    work.equal(end, n, why="The last range ends at n.")
    return found


def expect_no_shared_line(work, n, threads, itemsize, line):
    """Fail where a cache line is written by two threads."""
    found = ranges(work, n, threads, itemsize, line)
    shared = shared_lines([range(*one) for one in found], line, itemsize)
    got = "; ".join(f"line {number} by threads {who}" for number, who in [*shared.items()][:3])
    why = f"{itemsize} bytes an element, {line} a line: start each range where a line starts."
    work.expect(not shared, got, "one owner for each line", why)


def expect_even(work, n, threads, itemsize, line):
    """Fail where a thread has more than its share of whole lines."""
    unit = line // math.gcd(line, itemsize)
    most = math.ceil(math.ceil(n / unit) / threads) * unit
    largest = max(stop - start for start, stop in ranges(work, n, threads, itemsize, line))
    why = f"A unit is {unit} elements, and there are {math.ceil(n / unit)} of them."
    work.expect(largest <= most, f"{largest} elements", f"at most {most}", why)


@check(task="shares", points=1)
def shares_cover(work):
    """1,000 numbers are shared out to 4 threads: no gap, none twice."""
    ranges(work, 1000, 4, 8, 64)


@check(task="shares", points=2, after="shares_cover")
def shares_no_line(work):
    """Of 1,000 numbers of 8 bytes, 4 threads share no line of 64 bytes."""
    expect_no_shared_line(work, 1000, 4, 8, 64)


@check(task="shares", points=1, after="shares_cover")
def shares_are_even(work):
    """No thread has more than its share of whole lines, for 1,000 numbers and 4 or 7 threads."""
    for threads in (4, 7):
        expect_even(work, 1000, threads, 8, 64)
