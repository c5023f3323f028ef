"""Public checks of `gpu-kernels`: they ship with the exercise and know only the naive reference."""

import numpy as np

from hpclab.checks import check


def seeds(work, count):
    """Seeds of so many orders of threads."""
    return [int(seed) for seed in work.rng.integers(1 << 30, size=count)]


def random32(work, *shape):
    """Random float32 numbers."""
    return work.rng.random(shape, dtype=np.float32)


def blocks_for(n, block):
    """Blocks that cover n elements."""
    return -(-n // block)


def few_sectors(work, found, kind, name, numbers, why):
    """Fail where so many float32 are not moved in requests of 4 full sectors, each once."""
    side = found.loads if kind == "load" else found.stores
    asked = side.get(name)
    work.expect(asked, f"no {kind} of `{name}`", f"{kind}s of `{name}` in global memory")
    got = (
        f"{asked.sectors_per_request:.3g} sectors a request in {asked.requests} {kind}s of "
        f"`{name}`, {asked.sectors:,} in all; {asked.efficiency:.0%} of their bytes were asked for"
    )
    most = numbers * 4 // 32
    fine = asked.sectors_per_request <= 4 and asked.sectors <= most
    work.expect(fine, got, f"at most 4 a request, and {most:,} in all: each number once", why)


def no_conflicts(work, done):
    """Fail where the order of threads decides."""
    why = "Between these two lines another thread may come first: nothing orders them."
    work.expect(not done.conflicts, "; ".join(map(str, done.conflicts)), "no such place", why)


# -- weigh --------------------------------------------------------------------------------------

COALESCED = (
    "Threads with neighbouring x are in one warp. Let x be the index whose neighbours are "
    "neighbours in memory: the last one."
)


def weighed(work, shape, block):
    """Launch `weigh` on a grid that covers more than the array, and compare."""
    a, w = random32(work, *shape), random32(work, shape[0])
    out = np.full(shape, np.nan, np.float32)
    across = max(blocks_for(max(shape), size) for size in block)
    (seed,) = seeds(work, 1)
    done = work.launch("weigh", (across, across), block, a, w, out, seed=seed)
    why = "Element (i, j) is w[i] * a[i, j]: rows have weights."
    work.close_to(out, w[:, None] * a, rtol=1e-6, why=why)
    return done


@check(task="weigh", points=2)
def weigh_agrees(work):
    """`weigh` gives what NumPy gives for 32 × 32 numbers in blocks of 16 × 16 threads."""
    weighed(work, (32, 32), (16, 16))


@check(task="weigh", points=2, after="weigh_agrees")
def weigh_odd_sizes(work):
    """30 × 45, 1 × 20 and 37 × 2 numbers are right: threads beyond the array do nothing."""
    for shape, block in (((30, 45), (16, 16)), ((1, 20), (8, 8)), ((37, 2), (32, 4))):
        weighed(work, shape, block)


@check(task="weigh", points=3, after="weigh_agrees")
def weigh_neighbours(work):
    """In blocks of 32 × 4, a warp loads `a` and stores `out` in at most 4 sectors a request."""
    a, w = random32(work, 32, 64), random32(work, 32)
    found = work.sectors("weigh", (2, 8), (32, 4), a, w, np.zeros_like(a))
    few_sectors(work, found, "load", "a", a.size, COALESCED)
    few_sectors(work, found, "store", "out", a.size, COALESCED)


@check(task="weigh", points=1, after="weigh_agrees")
def weigh_one_thread_each(work):
    """No element is written by two threads."""
    no_conflicts(work, weighed(work, (16, 24), (8, 8)))


# -- touched ------------------------------------------------------------------------------------


@check(task="touched", points=1)
def touched_float32(work):
    """32 threads, 4 bytes each, sectors of 32: neighbours touch 4, every second number 8."""
    for stride, want in ((1, 4), (2, 8), (3, 12), (8, 32), (100, 32)):
        got = work.call("touched", 0, stride, 4, 32, 32)
        work.equal(got, want, why=f"Stride {stride}: write down the first byte of each thread.")


@check(task="touched", points=1, after="touched_float32")
def touched_same_place(work):
    """With a stride of 0 all threads load the same number: one sector."""
    got = work.call("touched", 5, 0, 4, 32, 32)
    work.equal(got, 1, why="What many threads ask for at once is moved once.")


# -- upwind -------------------------------------------------------------------------------------


def upwinded(work, n, block, seed):
    """Launch `upwind` on n numbers, and compare."""
    u, c = random32(work, n), np.float32(0.25)
    out = np.full(n, np.nan, np.float32)
    done = work.launch("upwind", blocks_for(n, block), block, u, c, out, seed=seed)
    why = "Was every number that a thread took from the tile there already?"
    work.close_to(out, u - c * (u - np.roll(u, 1)), rtol=1e-5, atol=1e-6, why=why)
    return done


@check(task="upwind", points=2)
def upwind_any_order(work):
    """`upwind` is right for 96 numbers in blocks of 32, in four random orders of threads."""
    for seed in seeds(work, 4):
        upwinded(work, 96, 32, seed)


@check(task="upwind", points=2)
def upwind_no_conflict(work):
    """No order of threads could change the result."""
    u = random32(work, 64)
    done = work.launch("upwind", 2, 32, u, np.float32(0.5), np.zeros_like(u), seed=1)
    no_conflicts(work, done)


@check(task="upwind", points=2, after="upwind_any_order")
def upwind_odd_sizes(work):
    """100, 33 and 5 numbers in blocks of 32 are right, and all threads come to each barrier."""
    for n, seed in zip((100, 33, 5), seeds(work, 3), strict=True):
        upwinded(work, n, 32, seed)


@check(task="upwind", points=1, after="upwind_any_order")
def upwind_loads_once(work):
    """256 numbers in blocks of 64: at most 260 loads, one a number and one more a block."""
    u = random32(work, 256)
    found = work.sectors("upwind", 4, 64, u, np.float32(0.5), np.zeros_like(u))
    loads = found.all_loads.asked // 4
    why = "A number that two threads need is loaded by one, and handed on in shared memory."
    work.expect(loads <= 260, f"{loads} loads", "at most 260", why)


# -- transpose ----------------------------------------------------------------------------------

BOTH = (
    "Walk along rows of `a` when loading, along rows of `out` when storing; the tile turns round."
)


def transposed(work, shape):
    """Launch `transpose` on an array of this shape, and compare."""
    a = random32(work, *shape)
    out = np.full(shape[::-1], np.nan, np.float32)
    grid = blocks_for(shape[1], 16), blocks_for(shape[0], 16)
    (seed,) = seeds(work, 1)
    done = work.launch("transpose", grid, (16, 16), a, out, seed=seed)
    work.equal(out, a.T.copy(), why="out[j, i] is a[i, j], whatever the order of threads.")
    return done


@check(task="transpose", points=1)
def transpose_agrees(work):
    """`transpose` gives what NumPy gives for 32 × 32 numbers."""
    transposed(work, (32, 32))


@check(task="transpose", points=3, after="transpose_agrees")
def transpose_in_order(work):
    """For 32 × 48 numbers, loads and stores take at most 4 sectors a request."""
    a, out = random32(work, 32, 48), np.zeros((48, 32), np.float32)
    found = work.sectors("transpose", (3, 2), (16, 16), a, out)
    few_sectors(work, found, "load", "a", a.size, BOTH)
    few_sectors(work, found, "store", "out", a.size, BOTH)


@check(task="transpose", points=2, after="transpose_agrees")
def transpose_odd_sizes(work):
    """20 × 35, 1 × 40 and 17 × 3 numbers are right."""
    for shape in ((20, 35), (1, 40), (17, 3)):
        transposed(work, shape)
