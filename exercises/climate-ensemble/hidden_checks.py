"""Hidden checks of `climate-ensemble`: other sizes, other seeds, other questions."""

import itertools
import math

import numpy as np

from hpclab.checks import check
from hpclab.models.shallow import G, jets


@check(task="ensemble", points=1, after="ensemble_agrees")
def other_members(work):
    """Another seed has other members: that of seed + 1 is the next one of seed; one is enough."""
    four = work.compute(work.call("ensemble", jets(12, 20), 4, 2, 3, 0.5, 7))
    two = work.compute(work.call("ensemble", jets(12, 20), 2, 2, 3, 0.5, 9))
    work.close_to(two, four[2:], atol=1e-9, why="Member `number` has the bumps of `seed + number`.")
    one = work.call("ensemble", jets(12, 20), 1, 0, 0, 0.5, 7)
    graph = work.graph(one)
    work.equal((graph.shape, graph.dtype), ((1, 3, 12, 20), "float64"), "A promise to Dask.")
    work.close_to(
        work.compute(one)[0, 1:], jets(12, 20)[1:], why="No step, and no bumps in the wind."
    )


@check(task="spread", points=1, after="spread_agrees")
def weighs_its_groups(work):
    """Chunks of 7, 7, 7 and 2 members, and single members, give NumPy's answer too."""
    for members, chunk in ((23, 7), (5, 1), (3, 8)):
        states = work.rng.random((members, 3, 5, 4))
        chunk = min(chunk, members)
        lazy = work.call("spread", work.dask_array(states, (chunk, 3, 5, 4)))
        h = states[:, 0]
        expected = np.stack([h.mean(axis=0), h.std(axis=0, ddof=1)])
        work.close_to(work.compute(lazy), expected, why="A larger group weighs more.")


@check(task="spread", points=1, after="spread_agrees")
def merges_in_pairs(work):
    """64 chunks make no path of more than 10 tasks."""
    lazy = work.call("spread", work.dask_array((256, 3, 4, 4), (4, 3, 4, 4), by_tasks=True))
    path = work.graph(lazy).critical_path
    why = "One group after the other is a chain, and only one worker can be busy with it."
    work.expect(path <= 10, f"{path} tasks one after the other", "at most 10", why)


@check(task="flux_step", points=1, after="keeps_the_mass")
def wraps_around(work):
    """In a box of 9 × 30 cells, rolled weather gives rolled heights."""
    h, u, v = 1e3 + work.rng.random((9, 30)), *work.rng.standard_normal((2, 9, 30))
    new = work.call("flux_step", h, u, v, 100.0, 50e3)
    rolled = [np.ascontiguousarray(np.roll(a, (4, 11), axis=(0, 1))) for a in (h, u, v)]
    also = work.call("flux_step", *rolled, 100.0, 50e3)
    work.close_to(also, np.roll(new, (4, 11), axis=(0, 1)), why="A periodic box has no edge.")


@check(task="time_step", points=2, after="keeps_to_the_limit")
def slowest_for_all(work):
    """Of 9 members, the fastest one decides, wherever it stands."""
    for place in (0, 4, 8):
        states = 1e3 + work.rng.random((9, 3, 6, 7))
        states[:, 1:] = work.rng.standard_normal((9, 2, 6, 7))
        states[place, 0, 3, 3] += 400.0
        states[place, 2, 1, 5] = -70.0
        h, u, v = states[place]
        speed = np.sqrt(G * h.max()) + np.hypot(np.abs(u).max(), np.abs(v).max())
        expected = int(np.ceil(speed * 43_200.0 / 0.8 / 25e3))
        steps, dt = work.call("time_step", states, 25e3, 43_200.0, 0.8)
        work.equal(steps, expected, "One member beyond the limit ends the whole ensemble.")
        work.close_to(dt, 43_200.0 / expected)


def halves(n):
    """n, half of it, half of that, rounded up, down to 1."""
    return [n] if n == 1 else [n, *halves(-(-n // 2))]


def read(shape, chunk, itemsize, questions):
    """The bytes that all questions read."""
    total = 0
    for often, extent in questions:
        pairs = zip(shape, extent, chunk, strict=True)
        total += often * itemsize * math.prod(min(n, -(-e // c) * c) for n, e, c in pairs)
    return total


@check(task="store_chunks", points=2, after="chunks_for_one_question")
def other_questions(work):
    """Other arrays, other limits, three questions: at most a quarter more than the best."""
    cases = [
        ((40, 20, 64, 96), 8, [(1, (1, 20, 64, 96)), (50, (40, 20, 1, 1))], 1e5, 1e6),
        ((100, 10, 72, 144), 4, [(3, (100, 1, 72, 144)), (500, (100, 10, 1, 1))], 5e4, 8e5),
        ((24, 30, 60, 60), 4, [(1, (1, 1, 60, 60)), (9, (24, 30, 2, 2)), (5, (6, 30, 60, 1))],
         1e5, 2e6),
    ]  # fmt: skip
    for shape, itemsize, questions, least, most in cases:
        chunk = work.call("store_chunks", shape, itemsize, questions, least, most)
        work.expect(np.shape(chunk) == (4,), chunk, "four whole numbers")
        size = math.prod(chunk) * itemsize
        work.expect(least <= size <= most, f"{size:,} bytes", f"{least:,.0f} to {most:,.0f}")
        allowed = [
            read(shape, one, itemsize, questions)
            for one in itertools.product(*map(halves, shape))
            if least <= math.prod(one) * itemsize <= most
        ]
        took = read(shape, chunk, itemsize, questions)
        work.expect(
            took <= 1.25 * min(allowed),
            got=f"{took:,} bytes read",
            expected=f"at most a quarter more than {min(allowed):,}",
            why="Each question wants its own chunks; how often it is asked is its weight.",
        )
