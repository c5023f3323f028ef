"""Public checks of `chunks`: they ship with the exercise and know only the naive reference."""

import numpy as np

from hpclab.checks import check


def share_of_extremes(x):
    """The naive reference for `extremes`, in NumPy."""
    return (x > x.mean(axis=0) + 2 * x.std(axis=0)).mean(axis=0)


# The cluster that is simulated: one thread a worker; byte/s; seconds a message, seconds a task.
SIMULATED = {"workers": 8, "bandwidth": 5e8, "latency": 2e-4, "overhead": 2e-4}


def stored(work, shape, chunks):
    """Random numbers; each chunk has to be made by a task, as if it were read from a file."""
    return work.dask_array(work.rng.random(shape), chunks, by_tasks=True)


def chunk_count(shape, chunks):
    """How many chunks of shape `chunks` cover an array of shape `shape`."""
    return int(np.prod([-(-n // c) for n, c in zip(shape, chunks, strict=True)]))


@check(task="extremes", points=2)
def agrees_with_numpy(work):
    """`extremes` gives what NumPy gives for 60 time steps at 10 × 12 places, and is lazy."""
    x = work.rng.random((60, 10, 12))
    lazy = work.call("extremes", work.dask_array(x, (7, 3, 5)), 20_000)
    why = "Mean and standard deviation are those of a place's whole time series, not of a chunk."
    work.close_to(work.compute(lazy), share_of_extremes(x), why=why)


@check(task="extremes", points=1, after="agrees_with_numpy")
def builds_only(work):
    """Calling `extremes` builds a graph and computes nothing."""
    x = work.dask_array((4, 1000, 1000), (1, 250, 250))
    took = work.peak_memory("extremes", x, 4_000_000)
    work.expect(
        took < 6_000_000,
        got=f"the call took {took:,} bytes",
        expected="under 6,000,000 bytes, enough for a graph of over 2,000 tasks",
        why="One mean or standard deviation of these million places is 8,000,000 bytes. If it was "
        "computed during the call, all of `x` will be read a second time for the result.",
    )


@check(task="extremes", points=2, after="agrees_with_numpy")
def few_tasks(work):
    """At most 1.25 tasks for each of the 1,920 chunks of a field of 240 × 24 × 32 numbers."""
    x = work.dask_array((240, 24, 32), (24, 2, 2))
    graph = work.graph(work.call("extremes", x, 400_000))
    work.expect(
        graph.tasks <= 2_400,
        got=f"{graph.tasks:,} tasks",
        expected="at most 2,400 tasks",
        why="Every step of the calculation is a task for every chunk it works on: make the chunks "
        "larger before you calculate.",
    )


@check(task="extremes", points=2, after="agrees_with_numpy")
def fits_the_limit(work):
    """One task at a time, 32 MB in 64 chunks needs at most 5 × the limit of 4 MB."""
    shape, limit = (512, 64, 128), 4_000_000
    x = work.dask_array(work.rng.random(shape), (128, 16, 32))
    took = work.peak_memory(work.call("extremes", x, limit))
    work.expect(
        took <= 5 * limit,
        got=f"{took:,} bytes at the peak",
        expected=f"at most {5 * limit:,} bytes",
        why="The largest chunk along the way, and its temporaries, must fit; `-1` on every axis "
        "is one chunk of everything.",
    )


def extremes_on_a_cluster(work):
    """What becomes of 31 MB in 640 boxes, and how many bytes they are."""
    x = stored(work, (480, 64, 128), (48, 8, 16))
    return work.makespan(work.call("extremes", x, 4_000_000), **SIMULATED), 480 * 64 * 128 * 8


@check(task="extremes", points=1, after="agrees_with_numpy")
def ends_soon(work):
    """On the simulated cluster, 31 MB in 640 boxes end within 0.08 s, with a limit of 4 MB."""
    done, _ = extremes_on_a_cluster(work)
    work.expect(
        done.makespan <= 0.08,
        got=f"{done.makespan:.3f} s of simulated time for {len(done.schedule):,} tasks",
        expected="at most 0.08 s",
        why="Too many tasks keep eight workers busy with overhead; too few leave some idle.",
    )


@check(task="extremes", points=1, after="agrees_with_numpy")
def sends_once(work):
    """On the simulated cluster, those boxes move at most 1.5 times their own bytes."""
    done, whole = extremes_on_a_cluster(work)
    work.expect(
        done.bytes_moved <= 1.5 * whole,
        got=f"{done.bytes_moved:,} bytes in {done.messages:,} messages",
        expected=f"at most 1.5 times the {whole:,} bytes of `x`",
        why="Every `rechunk` across axes sends most of the array: one is enough.",
    )


# The machines of the checks. Bytes, seconds, bytes a second.
LAPTOP = {"workers": 1, "threads": 4, "memory": 8e9, "overhead": 2e-4, "bandwidth": 1e9}
CLUSTER = {"workers": 8, "threads": 8, "memory": 64e9, "overhead": 2e-4, "bandwidth": 1e9}


def a_chunk(work, shape, itemsize, machine):
    """What `choose_chunks` returns: three ints, the first axis whole, none longer than its axis."""
    chunk = work.call("choose_chunks", shape, itemsize, machine)
    expected = f"three integers, the first {shape[0]}, none larger than {shape}"
    why = "There is a chunk shape for this array and this machine."
    work.expect(isinstance(chunk, tuple | list) and len(chunk) == 3, chunk, expected, why)
    whole = all(isinstance(n, int | np.integer) for n in chunk)
    work.expect(whole, chunk, expected, "Chunk shapes are integers: use //, not /.")
    inside = all(1 <= n <= longest for n, longest in zip(chunk, shape, strict=True))
    work.expect(inside and chunk[0] == shape[0], chunk, expected, "The first axis stays whole.")
    return tuple(int(n) for n in chunk)


def rules(shape, itemsize, machine, chunk):
    """Rules 2, 3 and 4 for one chunk shape, each as (what it is, what is asked, whether kept)."""
    threads = machine["workers"] * machine["threads"]
    size = int(np.prod(chunk)) * itemsize
    held, memory = 4 * machine["threads"] * size, machine["memory"]
    busy = size / machine["bandwidth"]
    least = max(10, threads) * machine["overhead"]
    count = chunk_count(shape, chunk)
    return [
        (f"{held:,} bytes held by a worker", f"at most {memory:,.0f} bytes", held <= memory),
        (f"{busy:.3g} s a chunk", f"at least {least:.3g} s", busy >= least * (1 - 1e-12)),
        (f"{count:,} chunks", f"at least {2 * threads:,} chunks", count >= 2 * threads),
    ]


def keep_rule(work, number, why, cases):
    """Fail at the first (shape, itemsize, machine) whose chunk breaks rule `number` (2, 3, 4)."""
    for shape, itemsize, machine in cases:
        chunk = a_chunk(work, shape, itemsize, machine)
        got, expected, kept = rules(shape, itemsize, machine, chunk)[number - 2]
        work.expect(kept, f"{chunk}: {got}", expected, why)


YEAR = (8_760, 360, 720)  # an hour a step, half a degree
CASES = [(YEAR, 4, LAPTOP), (YEAR, 8, CLUSTER), ((365, 721, 1440), 8, LAPTOP)]


@check(task="choose_chunks", points=1)
def has_room(work):
    """The first axis is whole, and a worker has room for four chunks for each thread."""
    why = "All threads of a worker share its memory, and each holds input, output and temporaries."
    keep_rule(work, 2, why, CASES)


@check(task="choose_chunks", points=1, after="has_room")
def worth_a_task(work):
    """A chunk takes max(10, p) times as long as the scheduler needs for a task."""
    why = "The scheduler hands out tasks one after the other: p threads share what it can do."
    keep_rule(work, 3, why, CASES)


@check(task="choose_chunks", points=1, after="has_room")
def work_for_every_thread(work):
    """There are at least two chunks for each thread."""
    why = (
        "With fewer chunks than threads some have nothing to do; with one each, the slowest rules."
    )
    keep_rule(work, 4, why, CASES)


def highest_of_day(x, per_day):
    """The naive reference for `daily_max`, in NumPy."""
    days = len(x) // per_day
    return x[: days * per_day].reshape(days, per_day, *x.shape[1:]).max(axis=1)


@check(task="daily_max", points=1)
def daily_agrees(work):
    """`daily_max` gives NumPy's answer for 12 days whose chunks end in mid-day, and is lazy."""
    x = work.rng.random((288, 5, 6))
    lazy = work.call("daily_max", work.dask_array(x, (50, 2, 6)), 24)
    why = "A chunk border is not midnight: one day's hours may lie in two chunks."
    work.close_to(work.compute(lazy), highest_of_day(x, 24), why=why)


@check(task="daily_max", points=2, after="daily_agrees")
def daily_few_tasks(work):
    """At most 8 tasks for each chunk, with chunks of 250 hours and of 17 days."""
    for chunk in ((250, 16, 16), (408, 16, 16)):
        x = work.dask_array((2_400, 32, 48), chunk)
        most = 8 * chunk_count((2_400, 32, 48), chunk)
        graph = work.graph(work.call("daily_max", x, 24))
        work.expect(
            graph.tasks <= most,
            got=f"{graph.tasks:,} tasks for chunks of {chunk}",
            expected=f"at most {most:,} tasks",
            why="A task for each day is too many: let one task reduce all the days of a chunk.",
        )


@check(task="daily_max", points=1, after="daily_agrees")
def daily_moves_little(work):
    """On the simulated cluster, 79 MB in 40 chunks of 500 hours move at most a third of that."""
    x = stored(work, (4_800, 32, 64), (500, 16, 32))
    done = work.makespan(work.call("daily_max", x, 24), **SIMULATED)
    size = 4_800 * 32 * 64 * 8
    work.expect(
        done.bytes_moved <= size / 3,
        got=f"{done.bytes_moved:,} bytes in {done.messages:,} messages",
        expected=f"at most a third of the {size:,} bytes of `x`",
        why="Only the hours between a chunk's border and midnight need to move; places need not, "
        "and a task that wants one day of a chunk gets all of the chunk.",
    )


def nearest_centre(points, centres):
    """The naive reference for `nearest`, in NumPy."""
    return ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2).argmin(axis=1)


def points_and_centres(work, n, k, d):
    """Random points and centres; far more points than centres."""
    return work.rng.standard_normal((n, d)), work.rng.standard_normal((k, d))


@check(task="nearest", points=1)
def nearest_agrees(work):
    """`nearest` finds NumPy's index for 1,000 points and 7 centres of 5 features, and is lazy."""
    points, centres = points_and_centres(work, 1_000, 7, 5)
    lazy = work.call("nearest", work.dask_array(points, (300, 5)), centres, 20_000)
    work.equal(work.compute(lazy), nearest_centre(points, centres))


def expect_few_tasks(work, n, k, d, limit):
    """At most 6 tasks for each `limit` bytes of all differences, plus 50."""
    points, centres = points_and_centres(work, n, k, d)
    graph = work.graph(work.call("nearest", work.dask_array(points, (n // 2, d)), centres, limit))
    most = 6 * -(-n * k * d * 8 // limit) + 50
    work.expect(
        graph.tasks <= most,
        got=f"{graph.tasks:,} tasks",
        expected=f"at most {most:,} tasks",
        why="Chunks may be as large as the limit allows; smaller ones only cost overhead.",
    )


def expect_fits(work, n, k, d, limit):
    """At most 4 × limit bytes besides the result."""
    points, centres = points_and_centres(work, n, k, d)
    lazy = work.call("nearest", work.dask_array(points, (n // 2, d)), centres, limit)
    took = work.peak_memory(lazy) - 16 * n  # the result's pieces, and the result made of them
    work.expect(
        took <= 4 * limit,
        got=f"{took:,} bytes besides the result",
        expected=f"at most {4 * limit:,} bytes",
        why="It is the largest intermediate that must fit, not the chunk you start from.",
    )


@check(task="nearest", points=1, after="nearest_agrees")
def nearest_few_tasks(work):
    """At most 542 tasks for 20,000 points, 64 centres, 16 features and a limit of 2 MB."""
    expect_few_tasks(work, 20_000, 64, 16, 2_000_000)


@check(task="nearest", points=2, after="nearest_agrees")
def nearest_fits(work):
    """20,000 points, 64 centres, 16 features: at most 4 × 2 MB besides the result."""
    expect_fits(work, 20_000, 64, 16, 2_000_000)


@check(task="nearest", points=1, after="nearest_agrees")
def leaves_points(work):
    """The tasks leave the points as they are: in random orders, nothing that is given changes."""
    points, centres = points_and_centres(work, 1_000, 7, 5)
    lazy = work.call("nearest", work.dask_array(points, (300, 5)), centres, 20_000)
    found = work.chaos(lazy)
    work.expect(
        found.ok,
        got=" ".join(map(str, found.findings)),
        expected="tasks that change nothing but what they have made",
        why="The next step of k-means needs the same points: change in place what you made "
        "yourself, never what you were given.",
    )
