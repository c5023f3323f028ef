"""Hidden checks of `chunks`: they never ship. What an expert's graph takes stands here."""

import numpy as np

from hpclab.checks import check


@check(task="extremes", points=1, after="agrees_with_numpy")
def works_for_features(work):
    """Two axes work as three do: 600 samples of 50 features."""
    x = work.rng.standard_normal((600, 50))
    lazy = work.call("extremes", work.dask_array(x, (100, 7)), 30_000)
    expected = (x > x.mean(axis=0) + 2 * x.std(axis=0)).mean(axis=0)
    work.close_to(work.compute(lazy), expected, why="Samples and features are two axes.")


@check(task="extremes", points=2, after="few_tasks")
def follows_the_limit(work):
    """Whatever the limit, the pieces are about as large as it allows."""
    shape, chunks = (400, 45, 70), (40, 5, 7)
    for limit in (160_000, 1_000_000, 3_000_000):
        n = np.prod(shape) * 8 / limit
        graph = work.graph(work.call("extremes", work.dask_array(shape, chunks), limit))
        work.expect(
            n / 1.25 <= graph.chunks <= 4 * n,
            got=f"{graph.chunks} pieces for a limit of {limit:,} bytes",
            expected=f"between {n / 1.25:.1f} and {4 * n:.1f}",
            why="The limit decides the size of a piece: neither one piece nor a fixed size.",
        )


# A chunk shape that keeps all four rules leaves a factor of eight for each of these.
MACHINES = [
    {"workers": 2, "threads": 1, "memory": 4e9, "overhead": 1e-3, "bandwidth": 5e8},
    {"workers": 4, "threads": 16, "memory": 32e9, "overhead": 1e-4, "bandwidth": 2e9},
    {"workers": 16, "threads": 4, "memory": 16e9, "overhead": 2e-4, "bandwidth": 1e9},
]
SHAPES = [(8_760, 360, 720), (3_650, 721, 1_440), (14_600, 181, 2_048)]


@check(task="choose_chunks", points=2, after="has_room")
def other_machines(work):
    """All four rules, for three other machines and three arrays."""
    for machine in MACHINES:
        for shape in SHAPES:
            chunk = work.call("choose_chunks", shape, 8, machine)
            work.expect(
                isinstance(chunk, tuple | list) and len(chunk) == 3 and chunk[0] == shape[0],
                chunk,
                f"three integers, the first {shape[0]}",
                "There is a chunk shape for this array and this machine.",
            )
            threads = machine["workers"] * machine["threads"]
            size = int(np.prod(chunk)) * 8
            count = -(-shape[1] // chunk[1]) * -(-shape[2] // chunk[2])
            least = max(10, threads) * machine["overhead"] * machine["bandwidth"]
            most = machine["memory"] / (4 * machine["threads"])
            work.expect(
                least <= size * (1 + 1e-12) and size <= most,
                f"{tuple(chunk)}: {size:,} bytes a chunk",
                f"between {least:,.0f} and {most:,.0f} bytes",
                "Rules 2 and 3 bound a chunk's bytes from above and below.",
            )
            work.expect(
                count >= 2 * threads,
                f"{tuple(chunk)}: {count:,} chunks",
                f"at least {2 * threads:,}",
                "Rule 4: two chunks for each thread.",
            )


@check(task="choose_chunks", points=1, after="has_room")
def says_no(work):
    """None for an array that is too small for a machine, and for a series that does not fit."""
    big = {"workers": 250, "threads": 4, "memory": 64e9, "overhead": 1e-3, "bandwidth": 1e9}
    small = {"workers": 2, "threads": 2, "memory": 1e6, "overhead": 1e-4, "bandwidth": 1e9}
    for shape, machine, why in (
        ((8_760, 360, 720), big, "A thousand threads want a second of work each: rules 3 and 4."),
        ((8_760, 360, 720), small, "A chunk worth its overhead is too large: rules 2 and 3."),
    ):
        chunk = work.call("choose_chunks", shape, 8, machine)
        work.expect(chunk is None, chunk, "None", why)


@check(task="daily_max", points=1, after="daily_agrees")
def drops_the_last_day(work):
    """Hours after the last full day are left out, in float32 and with 8 steps a day too."""
    x = work.rng.random((203, 3, 4)).astype(np.float32)
    for per_day, chunks in ((24, (31, 3, 2)), (8, (50, 2, 4))):
        lazy = work.call("daily_max", work.dask_array(x, chunks), per_day)
        days = len(x) // per_day
        expected = x[: days * per_day].reshape(days, per_day, 3, 4).max(axis=1)
        work.equal(work.compute(lazy), expected, why="Only full days count; the dtype stays.")


@check(task="daily_max", points=1, after="daily_agrees")
def daily_fits(work):
    """One task at a time, no more memory than the result and 6 chunks."""
    x = work.dask_array(work.rng.random((4_800, 32, 64)), (500, 32, 32))
    chunk, result = 500 * 32 * 32 * 8, 200 * 32 * 64 * 8
    took = work.peak_memory(work.call("daily_max", x, 24))
    most = 2 * result + 6 * chunk  # the result's pieces, and the result made of them
    work.expect(
        took <= most,
        got=f"{took:,} bytes at the peak",
        expected=f"at most {most:,} bytes",
        why="Days must be whole within a chunk; the whole year need not be.",
    )


@check(task="nearest", points=1, after=("nearest_few_tasks", "nearest_fits"))
def other_shapes(work):
    """Tasks and memory for other numbers of centres and features."""
    for n, k, d, limit in ((6_000, 300, 8, 1_000_000), (30_000, 4, 32, 1_000_000)):
        points = work.rng.standard_normal((n, d))
        centres = work.rng.standard_normal((k, d))
        lazy = work.call("nearest", work.dask_array(points, (n // 3, d)), centres, limit)
        most = 6 * -(-n * k * d * 8 // limit) + 50
        tasks = work.graph(lazy).tasks
        why = "The rows of a chunk depend on k, on d and on the limit."
        work.expect(tasks <= most, f"{tasks:,} tasks", f"at most {most:,} tasks", why)
        took = work.peak_memory(lazy) - 16 * n
        work.expect(took <= 4 * limit, f"{took:,} bytes", f"at most {4 * limit:,} bytes", why)


@check(task="nearest", points=1, after="nearest_agrees")
def keeps_its_promise(work):
    """The shape and dtype that the lazy array promises are those that come."""
    points, centres = work.rng.standard_normal((500, 4)), work.rng.standard_normal((6, 4))
    lazy = work.call("nearest", work.dask_array(points, (120, 4)), centres, 10_000)
    graph = work.graph(lazy)
    work.expect(
        (graph.shape, graph.dtype) == ((500,), "int64"),
        got=f"a promise of shape {graph.shape}, {graph.dtype}",
        expected="shape (500,), int64",
        why="Dask believes what you tell `map_blocks`: say `drop_axis` and `dtype`, or what comes "
        "after this is planned for another array.",
    )
