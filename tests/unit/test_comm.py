"""What a run of ranks gives back: results, exact counts, virtual time."""

import operator
import random
import time
from typing import Any

import numpy as np
import pytest

from hpclab.comm import Communicator, RankFailed, Run, doubling, ranks, ring, run
from hpclab.comm.weight import weigh

ALPHA, BETA = 2e-6, 1e-9


def naive(comm: Communicator, x: np.ndarray) -> np.ndarray:
    """All to rank 0, which adds and sends the sum to all."""
    if comm.rank:
        comm.send(x, 0)
        return comm.recv(0)
    total = x.copy()
    for source in range(1, comm.size):
        total += comm.recv(source)
    for dest in range(1, comm.size):
        comm.send(total, dest)
    return total


def all_reduce(function: Any, p: int, n: int, **options: Any) -> Run:
    """A run on n float64 elements a rank, its sum checked."""
    x = np.arange(float(n))
    done = run(lambda c: function(c, x + c.rank), p, alpha=ALPHA, beta=BETA, **options)
    for total in done.results:
        np.testing.assert_allclose(total, p * x + p * (p - 1) / 2)
    return done


@pytest.mark.parametrize("p", [1, 2, 4, 8])
def test_three_all_reduces_cost_what_the_books_say(p: int) -> None:
    n, rounds = 800, int(np.log2(p))
    size, message = 8 * n, ALPHA + 8 * n * BETA
    chunk = ALPHA + 8 * n // p * BETA

    r = all_reduce(naive, p, n)
    assert r.messages == [p - 1] + [1] * (p - 1)
    assert r.bytes == [(p - 1) * size] + [size] * (p - 1)
    assert r.rounds == (p if p > 1 else 0)
    assert r.makespan == pytest.approx(p * message if p > 1 else 0)

    r = all_reduce(ring.allreduce, p, n)
    assert r.messages == [2 * (p - 1)] * p
    assert r.bytes == [2 * (p - 1) * size // p] * p
    assert r.total_bytes == 2 * (p - 1) * size
    assert r.steps == [2 * (p - 1)] * p
    assert r.time == pytest.approx([2 * (p - 1) * chunk] * p)

    r = all_reduce(doubling.allreduce, p, n)
    assert r.messages == r.steps == [rounds] * p
    assert r.bytes == [rounds * size] * p
    assert r.time == pytest.approx([rounds * message] * p)


def test_synchronous_messages_queue_at_the_root() -> None:
    message = ALPHA + 80 * BETA
    r = all_reduce(naive, 5, 10, synchronous=True)
    assert r.makespan == pytest.approx(2 * 4 * message)
    assert r.rounds == 8
    assert all_reduce(doubling.allreduce, 4, 10, synchronous=True).makespan == pytest.approx(
        2 * message
    )
    assert all_reduce(ring.allreduce, 5, 10, synchronous=True).steps == [8] * 5


@pytest.mark.parametrize("p", [3, 5, 6, 7])
def test_doubling_folds_the_ranks_beyond_a_power_of_two(p: int) -> None:
    for how in (False, True):
        r = all_reduce(doubling.allreduce, p, 10, synchronous=how)
        assert r.rounds == int(np.log2(p)) + 2
    beyond = p - 2 ** int(np.log2(p))
    assert r.total_messages == (p - beyond) * int(np.log2(p)) + 2 * beyond
    assert r.collective == r.messages
    with pytest.raises(RankFailed, match="given a float"):
        run(lambda c: doubling.allreduce(c, 1.0), 2)  # type: ignore[arg-type]


def test_each_rank_is_given_its_own() -> None:
    def add(comm: Communicator, mine: int, factor: int) -> tuple[int, int]:
        comm.send(None, comm.rank)
        return comm.allreduce(mine), mine * factor

    r = run(add, 3, 10, each=[1, 2, 3])
    assert r.results == [(6, 10), (6, 20), (6, 30)]
    assert r.messages == [2, 2, 3][::-1]
    assert r.collective == [m - 1 for m in r.messages]
    with pytest.raises(ValueError, match="each has 2 values: it needs one for each of the 3 ranks"):
        run(add, 3, 10, each=[1, 2])


@pytest.mark.parametrize("p", [4, 8])
def test_ring_and_doubling_cross_where_the_formula_says(p: int) -> None:
    log = np.log2(p)
    cross = ALPHA / BETA * (2 * (p - 1) - log) / (log - 2 * (p - 1) / p) / 8  # elements
    n = round(cross)
    assert cross == pytest.approx(n)
    below, at, above = (
        [all_reduce(f, p, elements).makespan for f in (ring.allreduce, doubling.allreduce)]
        for elements in (n - p, n, n + p)
    )
    assert below[0] > below[1]
    assert at[0] == pytest.approx(at[1])
    assert above[0] < above[1]


@pytest.mark.parametrize(
    ("p", "shape", "dtype"),
    [(1, (5,), "f8"), (3, (7,), "f4"), (4, (3,), "f8"), (3, (5, 2, 2), "i8"), (4, (), "c16")],
)
def test_ring_takes_any_shape_and_dtype(p: int, shape: tuple[int, ...], dtype: str) -> None:
    x = np.arange(np.prod(shape, dtype=int), dtype=dtype).reshape(shape)
    r = run(lambda c: ring.allreduce(c, np.asarray(x.T * (c.rank + 1))), p)
    for total in r.results:
        assert total.dtype == x.dtype
        np.testing.assert_array_equal(total, x.T * (p * (p + 1) // 2))
    assert r.total_bytes == 2 * (p - 1) * x.nbytes
    assert r.messages == [2 * (p - 1)] * p


def test_uneven_chunks_are_those_of_array_split() -> None:
    r = run(lambda c: ring.allreduce(c, np.ones(7, np.float32)), 3)
    # Chunks of 3, 2, 2 elements. Rank r never sends r + 1 when summing, nor r + 2 afterwards.
    sizes = [12, 8, 8]
    assert r.bytes == [2 * 28 - sizes[(k + 1) % 3] - sizes[(k + 2) % 3] for k in range(3)]


def test_collectives_give_what_they_promise_at_their_price() -> None:
    def everything(comm: Communicator) -> dict[str, Any]:
        comm.barrier()
        return {
            "bcast": comm.bcast("word" if comm.rank == 2 else None, root=2),
            "reduce": comm.reduce(comm.rank, max, root=1),
            "allreduce": comm.allreduce(np.full(2, comm.rank)),
            "product": comm.allreduce(comm.rank + 1, operator.mul),
            "scatter": comm.scatter([10, 20, 30, 40, 50] if comm.rank == 3 else None, root=3),
            "gather": comm.gather(comm.rank, root=4),
            "allgather": comm.allgather(comm.rank),
            "alltoall": comm.alltoall([(comm.rank, dest) for dest in range(5)]),
        }

    for how in (False, True):
        r = run(everything, 5, synchronous=how)
        assert r.unreceived == []
        for k, got in enumerate(r.results):
            np.testing.assert_array_equal(got.pop("allreduce"), [10, 10])
            assert got == {
                "bcast": "word",
                "reduce": 4 if k == 1 else None,
                "product": 120,
                "scatter": 10 * (k + 1),
                "gather": [0, 1, 2, 3, 4] if k == 4 else None,
                "allgather": [0, 1, 2, 3, 4],
                "alltoall": [(source, k) for source in range(5)],
            }


@pytest.mark.parametrize("p", [1, 2, 3, 5, 8])
def test_collectives_send_exactly_so_many_messages(p: int) -> None:
    log = int(np.ceil(np.log2(p)))
    tree = max(k.bit_count() for k in range(p))  # receives cost nothing, so some sends overlap
    x = np.ones(8)
    price = {
        "barrier": (p * log, 0, log),
        "bcast": (p - 1, 64 * (p - 1), log),
        "reduce": (p - 1, 64 * (p - 1), tree),
        "allreduce": (2 * (p - 1), 128 * (p - 1), tree + log),
        "gather": (p - 1, 64 * (p - 1), min(1, p - 1)),
        "scatter": (p - 1, 64 * (p - 1), p - 1),
        "allgather": (p * (p - 1), 64 * p * (p - 1), p - 1),
        "alltoall": (p * (p - 1), 64 * p * (p - 1), p - 1),
    }
    for name, (messages, size, rounds) in price.items():
        args = () if name == "barrier" else ([x] * p,) if name in ("scatter", "alltoall") else (x,)
        r = run(lambda c, name=name, args=args: [getattr(c, name)(*args), c.sent_bytes], p)
        assert (r.total_messages, r.total_bytes, r.rounds) == (messages, size, rounds), name
        assert r.bytes == [result[1] for result in r.results]


def test_the_virtual_clock_and_the_trace() -> None:
    def relay(comm: Communicator) -> None:
        if comm.rank == 0:
            comm.work(3.0)
            comm.send(np.zeros(25), 1)  # 200 bytes
        elif comm.rank == 1:
            comm.work(0.5)
            comm.send(comm.recv(0), 2)
        else:
            comm.work(10.0)
            comm.recv(1)

    r = run(relay, 3, alpha=1.0, beta=0.01)
    assert r.time == [6.0, 9.0, 10.0]
    assert r.steps == [1, 2, 2]
    assert r.trace == [(0, 1, 200, 3.0, 6.0), (1, 2, 200, 6.0, 9.0)]
    r = run(relay, 3, alpha=1.0, beta=0.01, synchronous=True)
    assert r.trace == [(0, 1, 200, 3.0, 6.0), (1, 2, 200, 10.0, 13.0)]
    assert r.time == [6.0, 13.0, 13.0]


def test_a_rank_may_send_to_itself_and_tags_tell_apart() -> None:
    def talk(comm: Communicator) -> Any:
        comm.send("first", comm.rank, tag=1)
        comm.send("second", comm.rank, tag=2)
        x = np.zeros(2)
        comm.send(x, 0)
        x[:] = 7  # buffered: the message keeps what it was given
        return comm.recv(comm.rank, 2), comm.recv(comm.rank, 1), float(comm.recv(0).sum())

    r = run(talk, 1)
    assert r.results == [("second", "first", 0.0)]
    assert (r.messages, r.bytes) == ([3], [5 + 6 + 16])
    assert run(lambda c: c.sendrecv(3, 0, 0), 1, synchronous=True).results == [3]


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (None, 0), (True, 1), (7, 8), (-(2**63), 8), (np.nan, 8), (1j, 16), ("grün", 5),
        (np.float32(1), 4), (np.ones((3, 5), "i2"), 30), (np.ones((0, 9)), 0),
        (np.ones((10, 10))[::2, ::5], 80), ({1, 2}, 16),
        ((1.0, None, "", []), 8 + 1 + 1 + 1),  # nothing inside a container is free
        ({"a": np.ones(2), 3: True}, 1 + 16 + 8 + 1),
    ],
)  # fmt: skip
def test_a_value_counts_its_raw_bytes(value: Any, size: int) -> None:
    assert weigh(value) == size


def test_what_nobody_received_is_told() -> None:
    r = run(lambda c: c.send(1.5, 1 - c.rank, tag=9), 2)
    assert r.unreceived == [(0, 1, 9, 8), (1, 0, 9, 8)]
    assert "Never received: rank 0 to rank 1 (tag 9, 8 bytes); rank 1 to rank 0" in repr(r)
    assert "Never" not in repr(run(lambda c: c.barrier(), 2))


def test_twenty_runs_are_the_same_however_ranks_are_timed() -> None:
    def jittered(comm: Communicator) -> float:
        for step in range(6):
            time.sleep(random.Random(time.perf_counter_ns()).random() * 2e-3)
            comm.work(comm.rank * 1e-6)
            comm.sendrecv(np.ones(step), (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size)
        return float(comm.allreduce(comm.rank))

    assert len({f"{vars(run(jittered, 3))}" for _ in range(20)}) == 1


def test_prints_appear_by_rank_and_stay_with_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    r = run(lambda c: print("I am", c.rank, end=""), 2)
    assert capsys.readouterr().out == "rank 0: I am 0\nrank 1: I am 1\n"
    assert r.printed == ["I am 0", "I am 1"]
    assert r.how == "processes, forked from this one"


def test_threads_stand_in_where_nothing_can_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "kind", lambda: ranks.Threads)
    given = np.zeros(1)

    def add(comm: Communicator, x: np.ndarray) -> Any:
        x += comm.rank + 1  # its own copy, as in a process
        return comm.allreduce(x)

    r = run(add, 4, given)
    assert [float(x[0]) for x in r.results] == [10.0] * 4
    assert given[0] == 0
    assert "threads" in r.how
    assert all_reduce(ring.allreduce, 3, 7).messages == [4] * 3
