"""Hidden checks of `gpu-kernels`: other blocks, wavefronts, other orders. They never ship."""

import numpy as np

from hpclab.checks import check

# -- weigh --------------------------------------------------------------------------------------

NEIGHBOURS = "x goes fastest within a warp, the last index in memory."


@check(task="weigh", points=2, after="weigh_neighbours")
def weigh_other_blocks(work):
    """In blocks of 16 × 16 and of 8 × 8, too, and with wavefronts of 64 and lines of 64 bytes."""
    a, w = work.rng.random((32, 64), dtype=np.float32), work.rng.random(32, dtype=np.float32)
    nvidia, amd = {"warp": 32, "sector": 32}, {"warp": 64, "sector": 64}
    for grid, block, gpu in (
        ((4, 2), (16, 16), nvidia),
        ((8, 4), (8, 8), nvidia),
        ((1, 16), (64, 2), amd),
    ):
        found = work.sectors("weigh", grid, block, a, w, np.zeros_like(a), **gpu)
        for side in (found.loads["a"], found.stores["out"]):
            got = f"{side.sectors_per_request:.3g} of {gpu['sector']} bytes a request"
            why = f"Blocks of {block}: x goes fastest within a warp, the last index in memory."
            work.expect(side.sectors_per_request <= 4, got, "at most 4", why)


# -- touched ------------------------------------------------------------------------------------


@check(task="touched", points=1, after="touched_float32")
def touched_misaligned(work):
    """A first element that does not begin a sector costs one more."""
    for first, stride, want in ((1, 1, 5), (7, 1, 5), (8, 1, 4), (4, 2, 9), (31, 8, 32)):
        got = work.call("touched", first, stride, 4, 32, 32)
        work.equal(got, want, why=f"From element {first} with stride {stride}.")


@check(task="touched", points=1, after="touched_float32")
def touched_other_machines(work):
    """float64, bytes and complex numbers; wavefronts of 64 and lines of 64 and 128 bytes."""
    cases = (
        ((0, 1, 8, 32, 32), 8),
        ((0, 1, 1, 32, 32), 1),
        ((3, 1, 16, 32, 32), 17),
        ((0, 1, 4, 64, 64), 4),
        ((0, 16, 4, 64, 64), 64),
        ((5, 7, 2, 64, 128), 7),
    )
    for arguments, want in cases:
        got = work.call("touched", *arguments)
        work.equal(got, want, why="Use itemsize, warp and sector; 4 and 32 are one machine's.")


# -- upwind -------------------------------------------------------------------------------------


@check(task="upwind", points=1, after="upwind_any_order")
def upwind_one_barrier(work):
    """One barrier is enough."""
    u = work.rng.random(64, dtype=np.float32)
    done = work.launch("upwind", 2, 32, u, np.float32(0.5), np.zeros_like(u), seed=2)
    why = (
        "A barrier orders what is written before it and what is read behind it. Which two are they?"
    )
    work.expect(done.barriers <= 1, f"{done.barriers} barriers", "1", why)


@check(task="upwind", points=1, after="upwind_any_order")
def upwind_other_blocks(work):
    """Blocks of 1, 7 and 256 threads are right."""
    for n, block in ((5, 1), (30, 7), (300, 256)):
        u = work.rng.random(n, dtype=np.float32)
        out = np.full(n, np.nan, np.float32)
        seed = int(work.rng.integers(1 << 30))
        work.launch("upwind", -(-n // block), block, u, np.float32(0.75), out, seed=seed)
        want = u - np.float32(0.75) * (u - np.roll(u, 1))
        why = f"{n} numbers in blocks of {block}: the tile has one more place than the block."
        work.close_to(out, want, rtol=1e-5, atol=1e-6, why=why)


# -- transpose ----------------------------------------------------------------------------------


@check(task="transpose", points=1, after="transpose_agrees")
def transpose_any_order(work):
    """No element is written by two threads, and no order of them could change the result."""
    a, out = work.rng.random((20, 30), dtype=np.float32), np.zeros((30, 20), np.float32)
    done = work.launch("transpose", (2, 2), (16, 16), a, out, seed=3)
    why = "Nothing orders these two threads. A barrier does; a guard leaves one of them out."
    work.expect(not done.conflicts, "; ".join(map(str, done.conflicts)), "no such place", why)
