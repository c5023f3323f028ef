"""Kernels in random order: what every order must do, and what no order should decide."""

from typing import Any

import numpy as np
import pytest
from numba import cuda, float32, int32

from hpclab.count.device import BarrierError
from hpclab.count.launch import launch


@cuda.jit(device=True)
def doubled(x):  # type: ignore[no-untyped-def]
    return cuda.blockDim.x // cuda.blockDim.x * 2 * x


@cuda.jit
def everywhere(seen, out):  # type: ignore[no-untyped-def]
    x, y, z = cuda.grid(3)
    seen[z, y, x] += 1
    out[z, y, x] = doubled(x + 10 * y + 100 * z)


@cuda.jit
def sums(a, out, mended):  # type: ignore[no-untyped-def]
    """The sum of each block of 16, by halves."""
    tile = cuda.shared.array(16, float32)
    t = cuda.threadIdx.x
    tile[t] = a[cuda.grid(1)]
    cuda.syncthreads()
    half = 8
    while half > 0:
        if t < half:
            tile[t] += tile[t + half]
        if mended:
            cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = tile[0]


@cuda.jit
def counts(out, atomic):  # type: ignore[no-untyped-def]
    if atomic:
        cuda.atomic.add(out, 0, 1)
    else:
        out[0] += 1


@cuda.jit
def mixed(out):  # type: ignore[no-untyped-def]
    cuda.atomic.add(out, 0, 1)
    out[1 + cuda.grid(1)] = out[0]


@cuda.jit
def votes(out):  # type: ignore[no-untyped-def]
    i = cuda.grid(1)
    first = cuda.syncthreads_count(i % 3 == 0)
    second = cuda.syncthreads_or(i == 99) * 10 + cuda.syncthreads_and(i < 99)
    out[i] = 100 * first + second


@cuda.jit
def fresh(out):  # type: ignore[no-untyped-def]
    """Each block has a tile of its own, in which nothing is yet."""
    tile = cuda.shared.array(1, int32)
    real = cuda.shared.array(1, float32)
    out[cuda.blockIdx.x, 0] = tile[0]
    out[cuda.blockIdx.x, 1] = real[0]
    tile[0] = 7
    real[0] = 7


@cuda.jit
def one_waits(out):  # type: ignore[no-untyped-def]
    if cuda.threadIdx.x < 3:
        cuda.syncthreads()


@cuda.jit
def two_barriers(out):  # type: ignore[no-untyped-def]
    if cuda.threadIdx.x < 3:
        cuda.syncthreads()
    else:
        cuda.syncthreads()


def test_every_thread_runs_once() -> None:
    seen, out = np.zeros((3, 4, 8), np.int32), np.zeros((3, 4, 8))
    done = launch(everywhere, (4, 2, 1), (2, 2, 3), seen, out, seed=1)
    assert (seen == 1).all()
    z, y, x = np.indices(seen.shape)
    assert (out == 2 * (x + 10 * y + 100 * z)).all()
    assert (done.seed, done.barriers, done.conflicts) == (1, 0, ())


def summed(seed: int, mended: bool) -> tuple[Any, np.ndarray]:
    out = np.zeros(3, np.float32)
    return launch(sums, 3, 16, np.arange(48, dtype=np.float32), out, mended, seed=seed), out


def test_barriers_make_the_order_not_matter() -> None:
    for seed in range(10):
        done, out = summed(seed, True)
        assert out.tolist() == [120, 376, 632]
        assert (done.barriers, done.conflicts) == (5, ())


def test_a_missing_barrier_is_found_also_where_the_sum_is_right() -> None:
    right = 0
    for seed in range(200):
        done, out = summed(seed, False)
        right += out[0] == 120
        conflict = done.conflicts[0]
        assert conflict.array == "tile"
        assert conflict.blocks[0] == conflict.blocks[1]
        assert "and no barrier lies between" in str(conflict)
    assert 0 < right < 100  # it sometimes works


def test_a_seed_repeats_its_order_and_others_differ() -> None:
    one, same, other = (summed(seed, False)[1].tolist() for seed in (3, 3, 4))
    assert one == same != other
    assert len({launch(counts, 1, 1, np.zeros(1), True).seed for _ in range(5)}) == 5


def test_updates_are_lost_unless_they_are_atomic() -> None:
    out = np.zeros(1)
    (conflict,) = launch(counts, 2, 16, out, False, seed=1).conflicts
    assert out[0] < 32
    assert conflict.index == (0,)
    assert conflict.kinds == ("store", "store")
    out[:] = 0
    assert launch(counts, 2, 16, out, True, seed=1).conflicts == ()
    assert out[0] == 32


def test_an_atomic_operation_beside_a_plain_load_is_a_conflict() -> None:
    found = launch(mixed, 2, 4, np.zeros(9), seed=1).conflicts
    assert {conflict.kinds for conflict in found} == {("atomic", "load")}
    assert "updated by an atomic operation by thread" in str(found[0])


def test_blocks_are_ordered_by_nothing() -> None:
    (conflict,) = launch(counts, 5, 1, np.zeros(1), False, seed=1).conflicts
    assert conflict.blocks[0] != conflict.blocks[1]
    assert "nothing orders two blocks of a launch" in str(conflict)


def test_votes_of_a_block() -> None:
    out = np.zeros(8)
    assert launch(votes, 1, 8, out, seed=1).barriers == 3
    assert (out == 301).all()


def test_shared_memory_starts_as_nothing_known() -> None:
    out = np.zeros((4, 2))
    launch(fresh, 4, 1, out, seed=1)
    assert len(set(out[:, 0])) == 1
    assert out[0, 0] not in (-1, 0, 1, 7)
    assert np.isnan(out[:, 1]).all()


def test_a_barrier_needs_all_threads() -> None:
    with pytest.raises(BarrierError, match="only 3 of 4 threads of block 0 come to the barrier"):
        launch(one_waits, 1, 4, np.zeros(1))
    with pytest.raises(BarrierError, match=r"block \(0, 1\) wait at different barriers, in lines"):
        launch(two_barriers, (1, 2), 4, np.zeros(1), seed=2)
    assert launch(one_waits, 1, 3, np.zeros(1)).barriers == 1


def test_an_index_outside_names_the_thread() -> None:
    words = r"^thread 1 of block \(0, 0, [01]\): index 1 is out of bounds for axis 2 with size 1$"
    with pytest.raises(IndexError, match=words):
        launch(everywhere, (1, 1, 2), (2, 1, 1), np.zeros((2, 1, 1)), np.zeros((2, 1, 1)))


def test_a_block_may_have_1024_threads_that_wait() -> None:
    out = np.zeros(1024)
    assert launch(votes, 1, 1024, out).barriers == 3
    assert (out == 100 * 342 + 10).all()
