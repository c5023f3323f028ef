"""Ranks that wait for ever, raise, die, never return or lie: each gets its sentence."""

import os
import pickle
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from hpclab.comm import Communicator, Deadlock, RankFailed, ranks, ring, run, world
from hpclab.comm.router import Message, Router
from hpclab.errors import HpclabError


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No child and no open file more than before, whatever went wrong."""
    me, fds = psutil.Process(), Path("/proc/self/fd")
    children, files = {c.pid for c in me.children()}, len([*fds.iterdir()])
    yield
    assert {c.pid for c in me.children()} == children
    assert len([*fds.iterdir()]) <= files  # fewer where something of another test ends meanwhile


def head_to_head(comm: Communicator) -> None:
    comm.send(np.ones(3), 1 - comm.rank)
    comm.recv(1 - comm.rank)


DEADLOCKS: list[tuple[Callable[[Communicator], Any], int, bool, dict[int, list[int]], str]] = [
    (
        *(lambda c: c.recv(1 - c.rank), 2, False, {0: [1], 1: [0]}),
        "rank 0 waits for a message from rank 1 (tag 0); "
        "rank 1 waits for a message from rank 0 (tag 0).",
    ),
    (
        *(lambda c: c.recv((c.rank + 1) % 3, tag=4), 3, False, {0: [1], 1: [2], 2: [0]}),
        "rank 2 waits for a message from rank 0 (tag 4)",
    ),
    (
        *(head_to_head, 2, True, {0: [1], 1: [0]}),
        "rank 0 waits until rank 1 receives its message (tag 0)",
    ),
    (
        *(lambda c: c.recv(0) if c.rank else None, 2, False, {1: [0]}),
        "rank 0 has returned; rank 1 waits for a message from rank 0 (tag 0)",
    ),
    (
        *(lambda c: c.recv(0, 1) if c.rank else c.send(2.0, 1, 3), 2, False, {1: [0]}),
        "Sent, but nobody asks for it: rank 0 to rank 1 (tag 3, 8 bytes).",
    ),
    (
        *(lambda c: c.barrier() if c.rank else c.bcast(1, 1), 2, False, {0: [1], 1: [0]}),
        "rank 0 waits for a message from rank 1 (in bcast); "
        "rank 1 waits for a message from rank 0 (in barrier).",
    ),
    (
        *(lambda c: c.send(1, 0), 1, True, {0: [0]}),
        "rank 0 waits until rank 0 receives its message",
    ),
    (
        *(lambda c: c.sendrecv(1, 1, 2) if c.rank == 0 else None, 3, True, {0: [1, 2]}),
        "until rank 1 receives its message (tag 0) and for a message from rank 2 (tag 0)",
    ),
]


@pytest.mark.parametrize("case", range(len(DEADLOCKS)))
def test_a_deadlock_says_who_waits_for_whom(case: int) -> None:
    function, size, synchronous, waits_for, words = DEADLOCKS[case]
    with pytest.raises(Deadlock, match=re.escape(words)) as caught:
        run(function, size, synchronous=synchronous)
    assert caught.value.waits_for == waits_for


def test_no_deadlock_where_a_buffer_or_sendrecv_breaks_the_circle() -> None:
    assert run(head_to_head, 2).total_messages == 2
    swapped = run(lambda c: c.sendrecv(c.rank, 1 - c.rank, 1 - c.rank), 2, synchronous=True)
    assert swapped.results == [1, 0]


def test_a_rank_that_raises_is_named_with_its_line_and_the_others(capfd: Any) -> None:
    def f(comm: Communicator) -> None:
        if comm.rank == 1:
            raise NotImplementedError("not yet.")
        comm.recv(1)

    with pytest.raises(RankFailed) as caught:
        run(f, 3)
    line = f.__code__.co_firstlineno + 2
    assert str(caught.value) == (
        f"Rank 1 raised NotImplementedError: not yet. (line {line} in f). The others: "
        "rank 0 waits for a message from rank 1 (tag 0); "
        "rank 2 waits for a message from rank 1 (tag 0)."
    )
    assert (caught.value.rank, caught.value.exception) == (1, "NotImplementedError")
    assert 'raise NotImplementedError("not yet.")' in caught.value.traceback
    assert capfd.readouterr() == ("", "")


def line_of(comm: Communicator) -> Any:
    return comm._transport._line  # type: ignore[attr-defined]


def raw(comm: Communicator, frames: bytes) -> None:
    line_of(comm)._end.sendall(frames)
    time.sleep(60)


def head(text: bytes, data: bytes = b"") -> bytes:
    return len(text).to_bytes(8, "little") + len(data).to_bytes(8, "little") + text + data


FAILURES: list[tuple[Callable[[Communicator], Any], str]] = [
    (lambda c: sys.exit(2), "raised SystemExit: 2"),
    (lambda c: os._exit(3), "ended without returning, with exit code 3"),
    (lambda c: os.kill(os.getpid(), signal.SIGKILL), "by signal SIGKILL. Was there not enough"),
    (lambda c: os.kill(os.getpid(), signal.SIGTERM), "signal SIGTERM. If it calls compiled code"),
    (lambda c: line_of(c)._end.close() or time.sleep(60), "ended without returning"),
    (lambda c: object(), "raised TypeError: an object cannot cross to another process: send"),
    (lambda c: np.ma.ones(3), "a MaskedArray of dtype float64 cannot cross"),
    (lambda c: c.send(np.array([None]), 0), "a ndarray of dtype object cannot cross"),
    (lambda c: c.send(2**70, 0), "an int of more than 64 bits"),
    (lambda c: ["x" * 2**24], "a message of 16,777,2"),
    (lambda c: c.send(1, 2), "dest is 2: the ranks are 0 to 1. In a ring, take it modulo"),
    (lambda c: c.recv(-1), "source is -1: the ranks are 0 to 1"),
    (lambda c: c.recv(None), "source is None: it must be the number of a rank. A receive names"),
    (lambda c: c.send(1, 0, tag=-1), "tag is -1: tags go from 0 to 32,000"),
    (lambda c: c.send(1, 0, tag="a"), "tag is 'a': it must be a whole number"),
    (lambda c: c.bcast(1, root=5), "root is 5: the ranks are 0 to 1"),
    (lambda c: c.alltoall([1, 2, 3]), "alltoall was given 3 values: it needs one value for each"),
    (lambda c: c.work(-1), "work was given -1: it needs seconds, 0 or more"),
    (lambda c: ring.allreduce(c, [1.0]), "ring.allreduce was given a list: it needs a NumPy"),
    (lambda c: raw(c, b"\xff" * 64), "wrote to its line what is no message"),
    (lambda c: raw(c, head(pickle.dumps(["done", 1]))), "no message"),
    (lambda c: raw(c, head(b"[" * 5000 + b"]" * 5000)), "no message"),
    (lambda c: raw(c, head(b"{}")), "no message"),
    (lambda c: raw(c, head(b'["done", ["a", "|O", "C", [1]]]', b"x" * 64)), "no value that can"),
    (lambda c: raw(c, head(b'["send", 0, 0, ["a", "<f8", "C", [9]]]', b"x" * 64)), "64 bytes of"),
    (lambda c: raw(c, head(b'["done", ["a", "<f8", "C", [0, 1e9]]]')), "no shape"),
    (lambda c: raw(c, head(b'["done", ["a", "<f8", "C", [0, 999999999999]]]')), "too large"),
    (lambda c: raw(c, head(b'["send", 0, 0, ["d", [["l", []]], [1]]]')), "unhashable"),
    (lambda c: raw(c, head(b'["send", 9, 0, null]')), "(rank 9)"),
    (lambda c: raw(c, head(b'["send", 0, 99999, null]')), "(tag 99999)"),
    (lambda c: raw(c, head(b'["send", 0, 0, null]', b"free")), "4 bytes of arrays, 0 announced"),
    (lambda c: raw(c, head(b'["work", -1.0]')), "no message"),
    (lambda c: raw(c, head(b'["work", NaN]')), "no message"),
    (lambda c: raw(c, head(b'["recv", 0, 0]') * 2), "one thread of a rank"),
]


@pytest.mark.parametrize("case", range(len(FAILURES)))
def test_each_failure_has_its_sentence_and_spares_the_others(case: int) -> None:
    function, words = FAILURES[case]
    with pytest.raises(RankFailed, match=re.escape(words)) as caught:
        run(lambda c: function(c) if c.rank else "well", 2)
    assert caught.value.rank == 1
    assert str(caught.value).endswith("The others: rank 0 has returned.")


def test_a_rank_that_never_returns_is_stopped() -> None:
    with pytest.raises(RankFailed, match=r"Rank 1 did not return within 0\.2 seconds\."):
        run(lambda c: time.sleep(60) if c.rank else c.recv(1), 2, timeout=0.2)


def test_a_rank_that_does_not_take_its_message_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signal, "alarm", lambda seconds: None)  # else that would end it later

    def deaf(comm: Communicator) -> None:
        if comm.rank:
            raw(comm, head(b'["recv", 0, 0]'))
        comm.send(np.zeros(1_000_000), 1)

    with pytest.raises(RankFailed, match="Rank 1 asked for a message and did not take it"):
        run(deaf, 2, timeout=0.5)


def test_messages_that_nobody_receives_do_not_eat_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(world, "_MOST_HELD", 10_000)

    def flood(comm: Communicator) -> None:
        while comm.rank == 0:
            comm.send(1, 1)

    with pytest.raises(RankFailed, match=r"Rank 0 sent on although 10,000 bytes wait"):
        run(flood, 2)


def test_an_interrupt_ends_all_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(world._World, "route", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(lambda c: time.sleep(60), 3)


def test_no_room_for_a_rank_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    fork, calls = os.fork, iter([True, False])

    def full() -> int:
        if next(calls):
            return fork()
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", full)
    with pytest.raises(HpclabError, match="Rank 1 could not be started"):
        run(lambda c: time.sleep(60), 3)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((3, 2), {}, "run was given 3: it needs a function"),
        ((id, 0), {}, "ranks is 0: it must be a whole number, 1 to 256"),
        ((id, 2.0), {}, "ranks is 2.0"),
        ((id, 1), {"alpha": -1}, "alpha is -1"),
        ((id, 1), {"beta": float("nan")}, "beta is nan"),
        ((id, 1), {"timeout": "1"}, "timeout is '1'"),
    ],
)
def test_wrong_arguments_of_run(arguments: Any, options: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(words)):
        run(*arguments, **options)


def test_a_rank_holds_no_line_but_its_own() -> None:
    def sockets(comm: Communicator) -> int:
        links = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
        return sum("socket:" in os.readlink(link) for link in links if os.path.islink(link))

    assert len({*run(sockets, 4).results}) == 1


def test_a_message_outlives_its_sender() -> None:
    books = Router(2, 1.0, 0.0, synchronous=True)
    message = Message(0, 1, 0, None, bytearray(), 0)
    assert books.post(0, message) == []
    del books.waits[0]  # as when the rank dies while it waits
    assert books.post(1, source=0) == [(1, message)]


def test_ring_of_unequal_arrays() -> None:
    with pytest.raises(RankFailed, match=r"gave an array of another size or dtype"):
        run(lambda c: ring.allreduce(c, np.ones(4 + 4 * c.rank)), 2)


def test_threads_that_fail_or_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "kind", lambda: ranks.Threads)
    with pytest.raises(Deadlock, match="rank 1 waits for a message from rank 0"):
        run(lambda c: c.recv(1 - c.rank), 2)
    with pytest.raises(RankFailed, match="Rank 0 raised ZeroDivisionError"):
        run(lambda c: 1 / 0 if c.rank == 0 else c.recv(0), 2)
    enough = threading.Event()
    function = lambda c: enough.wait(60)  # noqa: E731
    with pytest.raises(RankFailed, match="did not return within"):
        run(function, 1, timeout=0.1)
    enough.set()
