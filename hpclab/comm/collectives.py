"""Collectives, built in the open on send and receive, so that their messages count like any other.

Costs are for p ranks and n bytes, with alpha seconds a message and beta seconds a byte
(Hockney 1994). The algorithms are those of Thakur, Rabenseifner & Gropp (2005), Int. J. High
Performance Computing Applications 19(1), pp. 49-66; `hpclab.comm.ring` has the ring all-reduce.
Every rank of the run calls the same collectives in the same order.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from hpclab.comm.tags import COLLECTIVE

Combine = Callable[[Any, Any], Any]


class Collectives(ABC):
    """The collectives of a communicator that can send, receive and exchange."""

    rank: int
    size: int

    @abstractmethod
    def _send(self, value: Any, dest: int, tag: int) -> None: ...

    @abstractmethod
    def _recv(self, source: int, tag: int) -> Any: ...

    @abstractmethod
    def _exchange(self, value: Any, dest: int, source: int, tag: int) -> Any: ...

    @abstractmethod
    def _check_rank(self, rank: Any, role: str) -> int: ...

    def barrier(self) -> None:
        """Return when every rank has called it.

        Dissemination (Hensgen, Finkel & Manber 1988): ceil(log2 p) rounds of empty messages,
        ceil(log2 p) alpha.
        """
        step = 1
        while step < self.size:
            right, left = (self.rank + step) % self.size, (self.rank - step) % self.size
            self._exchange(None, right, left, COLLECTIVE["barrier"])
            step *= 2

    def bcast(self, value: Any = None, root: int = 0) -> Any:
        """`value` of `root`, on every rank.

        Binomial tree: ceil(log2 p) (alpha + n beta); p - 1 messages in all.
        """
        return self._bcast(value, self._check_rank(root, "root"), COLLECTIVE["bcast"])

    def _bcast(self, value: Any, root: int, tag: int) -> Any:
        me = (self.rank - root) % self.size  # numbered from the root
        step = 1
        while step < self.size:
            if me < step and me + step < self.size:
                self._send(value, (me + step + root) % self.size, tag)
            elif step <= me < 2 * step:
                value = self._recv((me - step + root) % self.size, tag)
            step *= 2
        return value

    def reduce(self, value: Any, op: Combine = operator.add, root: int = 0) -> Any:
        """All ranks' values combined by `op(a, b)`, on `root`; None on the others.

        `op` must be associative and commutative: operator.add, max, np.maximum. Binomial tree:
        at most ceil(log2 p) (alpha + n beta), without the time to combine; p - 1 messages in all.
        """
        return self._reduce(value, op, self._check_rank(root, "root"), COLLECTIVE["reduce"])

    def _reduce(self, value: Any, op: Combine, root: int, tag: int) -> Any:
        me = (self.rank - root) % self.size
        step = 1
        while step < self.size:
            if me % (2 * step):
                self._send(value, (me - step + root) % self.size, tag)
                return None
            if me + step < self.size:
                value = op(value, self._recv((me + step + root) % self.size, tag))
            step *= 2
        return value

    def allreduce(self, value: Any, op: Combine = operator.add) -> Any:
        """All ranks' values combined by `op(a, b)`, on every rank.

        The simplest way, reduce and then bcast: at most 2 ceil(log2 p) (alpha + n beta);
        2 (p - 1) messages in all. Recursive doubling takes half of that time, and a ring sends
        fewer bytes a rank.
        """
        tag = COLLECTIVE["allreduce"]
        return self._bcast(self._reduce(value, op, 0, tag), 0, tag)

    def scatter(self, values: Sequence[Any] | None = None, root: int = 0) -> Any:
        """Element r of `values` of `root`, on rank r.

        The root sends to each in turn: (p - 1) alpha + (p - 1)/p n beta for n bytes in all.
        """
        root = self._check_rank(root, "root")
        if self.rank != root:
            return self._recv(root, COLLECTIVE["scatter"])
        mine = self._one_each(values, "scatter")
        for dest in range(self.size):
            if dest != root:
                self._send(mine[dest], dest, COLLECTIVE["scatter"])
        return mine[root]

    def gather(self, value: Any, root: int = 0) -> list[Any] | None:
        """A list of all ranks' values by rank, on `root`; None on the others.

        Each sends to the root, p - 1 messages. Receiving costs nothing on the virtual clock,
        hence alpha + n/p beta there; on a real network the root is the bottleneck.
        """
        root = self._check_rank(root, "root")
        if self.rank != root:
            self._send(value, root, COLLECTIVE["gather"])
            return None
        return [
            value if source == root else self._recv(source, COLLECTIVE["gather"])
            for source in range(self.size)
        ]

    def allgather(self, value: Any) -> list[Any]:
        """A list of all ranks' values by rank, on every rank.

        Ring: each rank passes on to the right what came from the left;
        (p - 1) alpha + (p - 1)/p n beta for n bytes in all.
        """
        right, left = (self.rank + 1) % self.size, (self.rank - 1) % self.size
        values = [value] * self.size
        for step in range(self.size - 1):
            out, into = (self.rank - step) % self.size, (left - step) % self.size
            values[into] = self._exchange(values[out], right, left, COLLECTIVE["allgather"])
        return values

    def alltoall(self, values: Sequence[Any]) -> list[Any]:
        """Element r of `values` goes to rank r; back come those that the ranks have for this one.

        Pairwise exchange, p - 1 rounds: (p - 1) alpha + (p - 1)/p n beta for the n bytes of a rank.
        """
        mine = self._one_each(values, "alltoall")
        received = [mine[self.rank]] * self.size
        for step in range(1, self.size):
            dest, source = (self.rank + step) % self.size, (self.rank - step) % self.size
            received[source] = self._exchange(mine[dest], dest, source, COLLECTIVE["alltoall"])
        return received

    def _one_each(self, values: Any, name: str) -> list[Any]:
        """`values` as a list with one element for each rank, or a sentence."""
        try:
            mine = list(values)
        except TypeError:
            mine = []
        if len(mine) != self.size:
            what = f"{len(mine)} values" if mine else f"a {type(values).__name__}"
            raise ValueError(
                f"{name} was given {what}: it needs one value for each of the {self.size} ranks. "
                f"np.array_split(x, {self.size}) cuts an array so."
            )
        return mine
