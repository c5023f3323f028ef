"""The same communicator over MPI: here over a stand-in with MPI's calls, in threads."""

import inspect
import queue
import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from hpclab.comm import Communicator, mpi, ring, run
from hpclab.comm.rank import LineTransport
from hpclab.errors import HpclabError


class Status:
    size = 0

    def Get_count(self, kind: str) -> int:  # noqa: N802
        return self.size


class World:
    """What hpclab uses of mpi4py's communicator; `lines` are queues by source, dest and tag."""

    def __init__(self, rank: int, size: int, lines: dict[Any, Any]) -> None:
        self.rank, self.size, self.lines = rank, size, lines
        self.early: dict[Any, bytes] = {}
        self.unfinished = 0

    def line(self, *key: int) -> "queue.Queue[bytes]":
        return self.lines.setdefault(key, queue.Queue())

    def Dup(self) -> "World":  # noqa: N802
        return self

    def Get_rank(self) -> int:  # noqa: N802
        return self.rank

    def Get_size(self) -> int:  # noqa: N802
        return self.size

    def Send(self, buffer: list[Any], dest: int, tag: int) -> None:  # noqa: N802
        self.line(self.rank, dest, tag).put(bytes(buffer[0]))

    def Isend(self, buffer: list[Any], dest: int, tag: int) -> Any:  # noqa: N802
        self.Send(buffer, dest, tag)
        self.unfinished += 1
        return self

    def Wait(self) -> None:  # noqa: N802
        self.unfinished -= 1

    def Probe(self, source: int, tag: int, status: Status) -> None:  # noqa: N802
        self.early[source, tag] = self.line(source, self.rank, tag).get(timeout=60)
        status.size = len(self.early[source, tag])

    def Recv(self, buffer: list[Any], source: int, tag: int) -> None:  # noqa: N802
        buffer[0][:] = np.frombuffer(self.early.pop((source, tag)), np.uint8)


def program(comm: Communicator) -> Any:
    total = ring.allreduce(comm, np.arange(7.0) * comm.rank)
    comm.barrier()
    comm.work(5.0)
    swapped = comm.sendrecv((comm.rank, "x"), (comm.rank + 1) % 3, (comm.rank - 1) % 3, tag=3)
    comm.send(np.float32(comm.rank), (comm.rank + 1) % 3)
    return [
        [total, swapped, comm.recv((comm.rank - 1) % 3), comm.allreduce(comm.rank)],
        [comm.gather(comm.rank, 1), comm.alltoall([1, 2, 3]), comm.scatter([None] * 3, 2)],
        (comm.sent_messages, comm.sent_bytes),
    ]


def stand_in(monkeypatch: pytest.MonkeyPatch, rank: int, lines: dict[Any, Any]) -> Communicator:
    package, inner = ModuleType("mpi4py"), ModuleType("mpi4py.MPI")
    vars(inner).update(BYTE="byte", Status=Status, COMM_WORLD=World(rank, 3, lines))
    vars(package).update(MPI=inner)
    monkeypatch.setitem(sys.modules, "mpi4py", package)
    return mpi.world()


def test_one_program_gives_the_same_over_mpi(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: dict[Any, Any] = {}
    comms = [stand_in(monkeypatch, rank, lines) for rank in range(3)]
    with ThreadPoolExecutor(3) as pool:
        over_mpi = [*pool.map(program, comms)]
    counted = run(program, 3)
    assert [comm._transport._world.unfinished for comm in comms] == [0] * 3  # type: ignore[attr-defined]
    assert repr(over_mpi) == repr(counted.results)
    assert [r[2] for r in over_mpi] == list(zip(counted.messages, counted.bytes, strict=True))


def test_both_transports_have_the_same_methods() -> None:
    def interface(kind: type) -> dict[str, Any]:
        return {
            name: inspect.signature(member)
            for name, member in vars(kind).items()
            if inspect.isfunction(member) and not name.startswith("_")
        }

    assert interface(mpi.MPITransport) == interface(LineTransport)


def test_bytes_that_are_no_message_get_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    comm = stand_in(monkeypatch, 0, {})
    comm._transport._world.Send([b"short"], 0, 0)  # type: ignore[attr-defined]
    with pytest.raises(HpclabError, match="Rank 0 sent what is no message"):
        comm.recv(0)


def test_without_mpi4py_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(HpclabError, match=r"MPI cannot be used here .*hpclab\.comm\.run runs"):
        mpi.world()
