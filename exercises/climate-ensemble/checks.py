"""Public checks of `climate-ensemble`: they ship with the exercise; naive references only."""

import numpy as np

from hpclab.checks import check
from hpclab.models.shallow import G, advance_in_numpy, bumps, jets


def forecasts(first, members, spin_up, lead, size, seed):
    """The naive reference for `ensemble`: a loop over the members."""
    start = advance_in_numpy(first, spin_up)
    last = []
    for number in range(members):
        mine = start.copy()
        mine[0] += bumps(mine.shape[1:], size, seed + number)
        last.append(advance_in_numpy(mine, lead))
    return np.stack(last)


@check(task="ensemble", points=2)
def ensemble_agrees(work):
    """`ensemble` is lazy, and gives what the four lines give for 3 members of 16 × 24 cells."""
    expected = forecasts(jets(16, 24), 3, 6, 4, 0.1, 0)
    lazy = work.call("ensemble", jets(16, 24), 3, 6, 4, 0.1, 0)
    work.close_to(work.compute(lazy), expected, atol=1e-9)


def steps_made(work, number):
    """How many steps the model has made there; `number` of them are made now, to see it count."""
    before = work.call("steps_run")
    work.call("advance", jets(8, 8), number)
    after = work.call("steps_run")
    work.equal(after - before, number, "`steps_run` has to stay as it was given.")
    return after


@check(task="ensemble", points=1, after="ensemble_agrees")
def ensemble_only_builds(work):
    """Calling `ensemble` makes no step of the model."""
    before = steps_made(work, 2)
    work.graph(work.call("ensemble", jets(16, 24), 4, 30, 5, 0.1, 0))
    took = work.call("steps_run") - before
    work.expect(
        took == 0,
        got=f"{took} steps during the call",
        expected="no step",
        why="What is computed while the graph is built runs here, on one core, before the cluster "
        "is asked anything. `delayed(advance)(...)` instead of `advance(...)`.",
    )


@check(task="ensemble", points=3, after="ensemble_agrees")
def spins_up_once(work):
    """Computing 8 members, 30 steps of spin-up and 5 of lead time, takes 30 + 8 × 5 = 70 steps."""
    before = steps_made(work, 3)
    lazy = work.call("ensemble", jets(16, 24), 8, 30, 5, 0.1, 0)
    work.graph(lazy)
    work.compute(lazy)
    took = work.call("steps_run") - before
    work.expect(
        took == 70,
        got=f"{took} steps of the model",
        expected="70 steps",
        why="Each call of a `delayed` function is a task of its own, and what happens inside a "
        "task is shared with no other. Call it once, outside the loop.",
    )


@check(task="ensemble", points=2, after="ensemble_agrees")
def ensemble_is_small(work):
    """50 members take at most 155 tasks, and no path has more than 5."""
    graph = work.graph(work.call("ensemble", jets(16, 24), 50, 30, 5, 0.1, 0))
    work.expect(
        graph.tasks <= 155 and graph.critical_path <= 5,
        got=f"{graph.tasks:,} tasks, {graph.critical_path} of them one after the other",
        expected="at most 155, and 5 one after the other",
        why="All that only one member needs is one task: its bumps, its steps, its three fields.",
    )


# The cluster that is simulated: byte/s, seconds a message, seconds a task.
MINUTES = {"bandwidth": 1e8, "latency": 1e-3, "overhead": 60.0}


@check(task="ensemble", points=2, after="ensemble_agrees")
def runs_side_by_side(work):
    """With a minute a task, 4 workers need half the time of one, and are sent 3 states at most."""
    first = jets(16, 24)
    lazy = work.call("ensemble", first, 12, 3, 1, 0.1, 0)
    one = work.makespan(lazy, workers=1, **MINUTES).makespan
    done = work.makespan(lazy, workers=4, **MINUTES)
    work.expect(
        done.makespan <= one / 2,
        got=f"{done.makespan / 60:.0f} minutes, and {one / 60:.0f} on one worker",
        expected=f"at most {one / 120:.0f} minutes",
        why="Members do not need each other: a task for each.",
    )
    work.expect(
        done.bytes_moved <= 3.1 * first.nbytes,
        got=f"{done.bytes_moved:,} bytes in {done.messages} messages",
        expected=f"at most 3 states of {first.nbytes:,} bytes",
        why="The start has to reach the other three workers, and nothing else has to move.",
    )


@check(task="ensemble", points=1, after="ensemble_agrees")
def leaves_the_start(work):
    """In random orders, no task changes what it is given."""
    found = work.chaos(work.call("ensemble", jets(16, 24), 3, 3, 2, 0.1, 0), runs=2)
    work.expect(
        found.ok,
        got=" ".join(map(str, found.findings)),
        expected="tasks that change nothing but what they have made",
        why="What a task is given belongs to others too, and a task may run twice: work on a copy.",
    )


def mean_and_spread(states):
    """The naive reference for `spread`, in NumPy."""
    h = states[:, 0]
    return np.stack([h.mean(axis=0), h.std(axis=0, ddof=1)])


SIMULATED = {"workers": 4, "bandwidth": 1e8, "latency": 1e-4, "overhead": 1e-3}


def lazy_states(work, states, chunk):
    """These states in chunks of so many members, each made by a task."""
    return work.dask_array(states, (chunk, *states.shape[1:]), by_tasks=True)


@check(task="spread", points=1)
def spread_agrees(work):
    """`spread` is lazy, and gives NumPy's mean and spread of 16 members in chunks of 4."""
    states = work.rng.random((16, 3, 6, 9))
    lazy = work.call("spread", lazy_states(work, states, 4))
    work.close_to(work.compute(lazy), mean_and_spread(states))


@check(task="spread", points=1, after="spread_agrees")
def sees_a_millimetre(work):
    """Heights of 10 km that differ by 1 mm have a spread of 1 mm, to a thousandth."""
    states = 1e4 + 1e-3 * work.rng.standard_normal((16, 3, 6, 9))
    lazy = work.call("spread", lazy_states(work, states, 4))
    why = "The mean of the squares and the square of the mean agree in all but their last digits."
    work.close_to(work.compute(lazy), mean_and_spread(states), rtol=1e-3, why=why)


@check(task="spread", points=2, after="spread_agrees")
def sends_little(work):
    """On 4 workers, 8 chunks of 8 members send at most 2.2 fields a chunk, and hold at most 110."""
    states, field = work.rng.random((64, 3, 32, 32)), 32 * 32 * 8
    done = work.makespan(work.call("spread", lazy_states(work, states, 8)), **SIMULATED)
    work.expect(
        done.bytes_moved <= 8 * 2.2 * field,
        got=f"{done.bytes_moved / field / 8:.2f} fields a chunk",
        expected="at most 2.2",
        why="Reduce where the chunk lies, and send what it has become: a number, two fields.",
    )
    work.expect(
        done.peak_bytes <= 110 * field,
        got=f"{done.peak_bytes / field:.0f} fields held at once by all workers",
        expected="at most 110, of the 192 that there are",
        why="A chunk that has been reduced can go. One that is needed twice stays.",
    )


@check(task="spread", points=1, after="spread_agrees")
def spread_fits(work):
    """One task at a time, 8 chunks of 0.8 MB take no more memory than three of them."""
    states = work.rng.random((64, 3, 64, 64))
    took = work.peak_memory(work.call("spread", lazy_states(work, states, 8)))
    most = 3 * states.nbytes // 8
    work.expect(took <= most, f"{took:,} bytes at the peak", f"at most {most:,} bytes")


def with_fluxes(h, u, v, dt, dx):
    """The naive reference for `flux_step`, in NumPy."""
    across = u * (np.roll(h, 1, axis=1) + h) / 2
    along = v * (np.roll(h, 1, axis=0) + h) / 2
    out = np.roll(across, -1, axis=1) - across + np.roll(along, -1, axis=0) - along
    return h - dt / dx * out


def some_weather(work, ny, nx):
    """Heights of about 1 km and winds of about 20 m/s, (ny, nx) each."""
    noise = work.rng.standard_normal((3, ny, nx))
    return 1e3 + 50 * noise[0], 20 * noise[1], 20 * noise[2]


@check(task="flux_step", points=1)
def flux_agrees_inside(work):
    """Away from the edges of a box of 24 × 24 cells, `flux_step` gives what the formula says."""
    h, u, v = some_weather(work, 24, 24)
    new = work.call("flux_step", h, u, v, 200.0, 50e3)
    inside = (slice(1, -1), slice(1, -1))
    expected = with_fluxes(h, u, v, 200.0, 50e3)
    work.equal(np.shape(new), (24, 24), "Heights for all cells.")
    work.close_to(np.asarray(new)[inside], expected[inside])


@check(task="flux_step", points=2, after="flux_agrees_inside")
def keeps_the_mass(work):
    """After 20 steps the mass has changed by no more than 1e-13 of it."""
    h, u, v = some_weather(work, 24, 24)
    before = h.sum()
    for _ in range(20):
        h = work.call("flux_step", h, 0.1 * u, 0.1 * v, 200.0, 50e3)
    change = abs(h.sum() / before - 1)
    work.expect(
        change <= 1e-13,
        got=f"a change of {change:.1e} of the mass",
        expected="at most 1e-13",
        why="A flux that leaves one cell has to enter another, on the box's edges too.",
    )


@check(task="flux_step", points=1, after="flux_agrees_inside")
def flux_makes_one_array(work):
    """`flux_step` is compiled, and makes one array a call."""
    arguments = (*some_weather(work, 16, 16), 200.0, 50e3)
    work.call("flux_step", *arguments)
    work.expect(work.signatures("flux_step"), got="no signature", expected="one that was compiled")
    made = work.allocations("flux_step", *arguments)
    work.expect(
        made <= 1,
        got=f"{made} arrays",
        expected="1, the new heights",
        why="An array of fluxes is written and read again: work each one out where it is needed.",
    )


def fastest(state):
    """The speed of waves and wind together, m/s: the formula of the exercise."""
    return np.sqrt(G * state[0].max()) + np.hypot(np.abs(state[1]).max(), np.abs(state[2]).max())


@check(task="time_step", points=1)
def keeps_to_the_limit(work):
    """For one member and three windows, the Courant number stays within its limit."""
    state = np.stack(some_weather(work, 12, 16))
    for window, most in ((21_600.0, 0.7), (86_400.0, 0.9), (1_000.0, 0.2)):
        steps, dt = work.call("time_step", state[None], 50e3, window, most)
        c = fastest(state) * dt / 50e3
        work.expect(c <= most * (1 + 1e-12), f"Co = {c:.4f}", f"at most {most}", "Too long a step.")
        work.close_to(steps * dt, window, why="So many steps of this length fill the window.")


@check(task="time_step", points=1, after="keeps_to_the_limit")
def makes_no_more_steps(work):
    """For one member and three windows, one step less would be too few."""
    state = np.stack(some_weather(work, 12, 16))
    for window, most in ((21_600.0, 0.7), (86_400.0, 0.9), (1_000.0, 0.2)):
        steps, _ = work.call("time_step", state[None], 50e3, window, most)
        fewest = int(np.ceil(fastest(state) * window / 50e3 / most))
        work.equal(steps, fewest, "A step costs the same whether it is long or short.")


STORED = (80, 50, 128, 128)  # times, members, rows, columns
MAPS, SERIES = (1, 50, 128, 128), (80, 50, 1, 1)
LEAST, MOST = 200_000, 4_000_000  # bytes of a chunk


def expect_reads(work, questions, most):
    """The chunk has a size that is allowed, and the questions read at most so many bytes."""
    chunk = work.call("store_chunks", STORED, 4, questions, LEAST, MOST)
    work.expect(
        isinstance(chunk, tuple | list) and len(chunk) == 4,
        got=chunk,
        expected="four whole numbers",
    )
    size = int(np.prod(chunk)) * 4
    work.expect(LEAST <= size <= MOST, f"{chunk}: {size:,} bytes", f"{LEAST:,} to {MOST:,} bytes")
    read = 0
    for often, extent in questions:
        pairs = zip(STORED, extent, chunk, strict=True)
        read += often * 4 * int(np.prod([min(n, -(-e // c) * c) for n, e, c in pairs]))
    work.expect(
        read <= most,
        got=f"{tuple(chunk)}: {read:,} bytes read",
        expected=f"at most {most:,}",
        why="A chunk is read whole, however little of it was asked for.",
    )


@check(task="store_chunks", points=1)
def chunks_for_one_question(work):
    """Maps alone read at most 4.1 MB, and series of one place at most 0.32 MB."""
    expect_reads(work, [(1, MAPS)], 4_096_000)
    expect_reads(work, [(1, SERIES)], 320_000)


@check(task="store_chunks", points=2, after="chunks_for_one_question")
def chunks_for_both(work):
    """A map and a series, one as often as the other, read at most 18.4 MB together."""
    expect_reads(work, [(1, MAPS), (1, SERIES)], 18_432_000)
