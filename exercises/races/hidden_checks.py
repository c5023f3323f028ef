"""Hidden checks of `races`: odd sizes, other numbers of threads, other lines. They never ship."""

import math

import numpy as np

from hpclab.checks import check
from hpclab.count.lines import shared_lines

# -- histogram ----------------------------------------------------------------------------------


@check(task="histogram", points=1, after="agrees_with_bincount")
def any_number_of_blocks(work):
    """1,003 numbers, one number and none are counted, in 1, 3, 7 and 16 blocks."""
    for n in (1003, 1, 0):
        bins = work.rng.integers(0, 5, n)
        for blocks in (1, 3, 7, 16):
            got = work.call("histogram", bins, 5, blocks)
            why = f"{n} numbers in {blocks} blocks: block b ends where block b + 1 starts."
            work.equal(got, np.bincount(bins, minlength=5), why=why)


# -- worst --------------------------------------------------------------------------------------


@check(task="worst", points=2, after="worst_of_two")
def worst_of_many(work):
    """Two threads that add 3, 10 and 1,000 times each end with 2."""
    for adds in (3, 10, 1000):
        counter, registers, done = 0, [0, 0], [0, 0]
        for thread in work.call("worst", adds):
            match done[thread] % 3:
                case 0:
                    registers[thread] = counter
                case 1:
                    registers[thread] += 1
                case 2:
                    counter = registers[thread]
            done[thread] += 1
        work.equal(done, [3 * adds, 3 * adds], why="Steps of threads 0 and 1.")
        why = f"{adds} additions each. A late store undoes whatever came between it and its load."
        work.equal(counter, 2, why=why)


# -- take_jobs ----------------------------------------------------------------------------------


@check(task="take_jobs", points=2, after="each_job_once")
def any_threads_and_jobs(work):
    """All jobs are done once by one, two and three threads, and no job is no trouble."""
    for threads, jobs in ((1, 3), (2, 3), (2, 0), (3, 1), (3, 0)):
        state = {"next": 0, "jobs": jobs, "busy": 0, "most": 0, "done": ""}
        found = work.interleavings("take_jobs", threads, state, "done", ["lock"], watch=["next"])
        got = f"done, and in how many orders: {found.outcomes}, deadlocks: {found.deadlocks}"
        wanted = f"each of {jobs} jobs once in every order of {threads} threads"
        fine = all(sorted(done) == [*map(str, range(jobs))] for done in found.outcomes)
        why = "A thread goes on until no job is left, and gives the lock back before it ends."
        work.expect(fine and not found.deadlocks, got, wanted, why)


# -- total --------------------------------------------------------------------------------------


def by_the_rule(x, block):
    """The rule, taken at its word."""
    sums = [sum(x[at : at + block].tolist(), start=0.0) for at in range(0, len(x), block)]
    return sum(sums, start=0.0)


@check(task="total", points=2, after="total_has_the_same_bits")
def total_of_any_size(work):
    """Blocks of 1, of 100 and longer than `x`, and lengths from 0 to 1,030, follow the rule."""
    for n in (0, 1, 7, 1000, 1030):
        x = work.rng.standard_normal(n) * 10.0 ** work.rng.uniform(-8, 8, n)
        for block in (1, 100, 5000):
            want = by_the_rule(x, block)
            for threads in (1, 3, 16):
                got = float(work.call("total", x, block, threads))
                why = f"{n} numbers, blocks of {block}, {threads} threads."
                work.expect(got.hex() == want.hex(), f"{got!r}", f"{want!r}", why)


# -- shares -------------------------------------------------------------------------------------


def expect_rules(work, n, threads, itemsize, line):
    """Fail unless the ranges cover 0 ... n - 1, share no line and are even."""
    why = f"{n} elements of {itemsize} bytes, {threads} threads, lines of {line} bytes."
    found = work.call("shares", n, threads, itemsize, line)
    borders = [0, *(int(stop) for _, stop in found)]
    starts = [int(start) for start, _ in found]
    fine = starts == borders[:-1] and borders == sorted(borders) and borders[-1] == n
    work.expect(fine and len(found) == threads, found, f"{threads} ranges without a gap", why)
    owned = [range(*one) for one in zip(starts, borders[1:], strict=True)]
    shared = shared_lines(owned, line, itemsize)
    work.expect(not shared, f"{len(shared)} shared lines: {shared}", "none", why)
    unit = line // math.gcd(line, itemsize)
    most = math.ceil(math.ceil(n / unit) / threads) * unit
    work.expect(max(map(len, owned)) <= most, f"{max(map(len, owned))}", f"at most {most}", why)


@check(task="shares", points=1, after=("shares_no_line", "shares_are_even"))
def shares_on_a64fx(work):
    """On 48 threads with lines of 256 bytes, and on 8 with lines of 128, the rules hold."""
    expect_rules(work, 50_000, 48, 4, 256)
    expect_rules(work, 1001, 8, 8, 128)


@check(task="shares", points=1, after=("shares_no_line", "shares_are_even"))
def shares_odd_items(work):
    """Elements of 12, 24, 40 and 96 bytes, which lie across lines, keep the rules."""
    for itemsize in (12, 24, 40, 96):
        expect_rules(work, 777, 5, itemsize, 64)


@check(task="shares", points=1, after=("shares_no_line", "shares_are_even"))
def shares_of_little(work):
    """No elements, one, and fewer lines than threads: some ranges are empty."""
    for n in (0, 1, 8, 20):
        expect_rules(work, n, 6, 8, 64)
