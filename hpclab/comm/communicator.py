"""`comm`, what a rank sends and receives with."""

import math
from numbers import Real
from typing import Any, Protocol

import numpy as np

from hpclab.comm.collectives import Collectives
from hpclab.comm.tags import LARGEST_TAG
from hpclab.comm.weight import weigh
from hpclab.wire import Arrays, pack


class Transport(Protocol):
    """What carries packed values: a line to the parent of the ranks, or MPI."""

    def send(self, tree: Any, arrays: Arrays, dest: int, tag: int) -> None:
        """Send, and return as soon as the value may change."""

    def recv(self, source: int, tag: int) -> Any:
        """Wait for the next value from `source` with `tag`."""

    def exchange(self, tree: Any, arrays: Arrays, dest: int, source: int, tag: int) -> Any:
        """Send and receive at once, in whichever order they become possible."""

    def work(self, seconds: float) -> None:
        """Let virtual time pass, where there is a virtual clock."""


class Communicator(Collectives):
    """One rank's end of all lines: `rank` of `size`, point to point and collective.

    `sent_messages` and `sent_bytes` tell what this rank has sent so far, collectives included.
    """

    def __init__(self, rank: int, size: int, transport: Transport) -> None:
        self.rank, self.size = rank, size
        self.sent_messages = 0
        self.sent_bytes = 0
        self._transport = transport

    def send(self, value: Any, dest: int, tag: int = 0) -> None:
        """Send an array, a number, a string, None, or a list, tuple, set or dict of them to `dest`.

        Buffered: returns at once, and `value` may be changed afterwards. With
        `run(..., synchronous=True)` it returns when `dest` has received. A rank may send to
        itself; that is a message like any other. `tag`, 0 to 32,000, tells messages apart.
        """
        self._send(value, self._check_rank(dest, "dest"), _check_tag(tag))

    def recv(self, source: int, tag: int = 0) -> Any:
        """Wait for the next message from `source` with `tag`: what was sent, arrays as copies.

        Messages of one source and tag arrive in the order they were sent. There is no "any
        source": which message came first would depend on real time, and counts would not repeat.
        """
        return self._recv(self._check_rank(source, "source"), _check_tag(tag))

    def sendrecv(self, value: Any, dest: int, source: int, tag: int = 0) -> Any:
        """Send `value` to `dest` and receive from `source` at once; safe where two sends are not.

        Both messages carry `tag`. What was received.
        """
        dest, source = self._check_rank(dest, "dest"), self._check_rank(source, "source")
        return self._exchange(value, dest, source, _check_tag(tag))

    def work(self, seconds: float) -> None:
        """Let `seconds` of computing pass on this rank's virtual clock; with MPI, nothing."""
        if not isinstance(seconds, Real) or not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError(f"work was given {seconds!r}: it needs seconds, 0 or more.")
        self._transport.work(float(seconds))

    def _send(self, value: Any, dest: int, tag: int) -> None:
        self._transport.send(*self._counted(value), dest, tag)

    def _recv(self, source: int, tag: int) -> Any:
        return self._transport.recv(source, tag)

    def _exchange(self, value: Any, dest: int, source: int, tag: int) -> Any:
        return self._transport.exchange(*self._counted(value), dest, source, tag)

    def _counted(self, value: Any) -> tuple[Any, Arrays]:
        arrays: Arrays = []
        tree = pack(value, arrays)
        self.sent_messages += 1
        self.sent_bytes += weigh(value)
        return tree, arrays

    def _check_rank(self, rank: Any, role: str) -> int:
        if isinstance(rank, bool) or not isinstance(rank, int | np.integer):
            hint = " A receive names its source: there is no 'any source'." * (role == "source")
            raise TypeError(f"{role} is {rank!r}: it must be the number of a rank.{hint}")
        if not 0 <= rank < self.size:
            hint = " In a ring, take it modulo comm.size." * (role != "root")
            raise ValueError(f"{role} is {rank}: the ranks are 0 to {self.size - 1}.{hint}")
        return int(rank)


def _check_tag(tag: Any) -> int:
    if isinstance(tag, bool) or not isinstance(tag, int | np.integer):
        raise TypeError(f"tag is {tag!r}: it must be a whole number.")
    if not 0 <= tag <= LARGEST_TAG:
        raise ValueError(f"tag is {tag}: tags go from 0 to {LARGEST_TAG:,}.")
    return int(tag)
