"""Which iteration of a loop read and wrote which place, and where two of them conflict."""

from array import array as integers
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hpclab.errors import HpclabError

ACCESSES = 5_000_000  # places a run may make, read and write; some ten seconds of plain Python


class Accesses:
    """Who touched which place in the running loop: (place, iteration) pairs in time's order."""

    def __init__(self) -> None:
        self.places, self.iterations = integers("q"), integers("q")

    def add(self, places: Any, iteration: int) -> None:
        """`iteration` touches `places`, an int or an array of int64."""
        if type(places) is int:
            self.places.append(places)
            self.iterations.append(iteration)
        else:
            self.places.frombytes(places.tobytes())
            self.iterations.extend([iteration] * places.size)

    def first_and_last(self, size: int, none: int) -> tuple[np.ndarray, np.ndarray]:
        """Of each of `size` places the first and last iteration; `none` and 0 where there is none.

        Iterations come in ascending order, and the last of repeated assignments stands.
        """
        first, last = np.full(size, none), np.zeros(size, np.int64)
        places, iterations = np.array(self.places), np.array(self.iterations)
        if places.size:
            first[places[::-1]], last[places] = iterations[::-1], iterations
        return first, last


@dataclass(eq=False)
class Memory:
    """A block that one or more arrays lie in; a place is one element of it."""

    size: int
    born: tuple[int, int]  # region and iteration; what an iteration makes is its own
    arrays: list["Named"] = field(default_factory=list)
    unwritten: np.ndarray | None = None  # bool a place, where np.empty made it
    reads: Accesses = field(default_factory=Accesses)
    writes: Accesses = field(default_factory=Accesses)


@dataclass(eq=False)
class Named:
    """An array with a name: an argument, or what was assigned to a variable."""

    memory: Memory
    places: np.ndarray
    name: str = ""
    written: bool = False


@dataclass
class Finding:
    """Places that conflict in one way: the first of them, its iterations, and all places."""

    array: Named
    index: tuple[int, ...]
    iterations: tuple[int, ...]
    also: list[Named]
    places: set[int] = field(default_factory=set)


class Log:
    """Follows one run: the loop, the iteration, and what each memory went through.

    Iterations are counted from 1 here; 0 is outside a loop. Findings have the loop's own values.
    """

    def __init__(self) -> None:
        self.findings: dict[tuple[Named, str], Finding] = {}
        self.depth = self.iteration = self.region = self._spent = 0
        self.loop = range(0)
        self._touched: dict[Memory, None] = {}
        self._scalars: dict[str, Named] = {}

    def run_loop(self, loop: range) -> Iterator[int]:
        """The iterations of a prange; inside another one it is serial, as in Numba."""
        self.depth += 1
        if self.depth > 1:
            yield from loop
        else:
            self.loop, self.region = loop, self.region + 1
            for self.iteration, value in enumerate(loop, 1):
                yield value
            self.end_loop()
        self.depth -= 1

    def end_loop(self) -> None:
        """Compare what the iterations of the loop touched."""
        for memory in self._touched:
            none = len(self.loop) + 1
            wrote, wrote_last = memory.writes.first_and_last(memory.size, none)
            read, read_last = memory.reads.first_and_last(memory.size, none)
            twice = wrote < wrote_last
            # Two writers say all that a learner needs; the reads of such a place add nothing.
            for kind, at, first, second in (
                ("write-write", twice, wrote, wrote_last),
                ("read-after-write", ~twice & (wrote < read_last), wrote, read_last),
                ("write-after-read", ~twice & (read < wrote_last), read, wrote_last),
            ):
                places = np.flatnonzero(at)
                if places.size:
                    self._report(kind, memory, places, first[places], second[places])
            memory.reads, memory.writes = Accesses(), Accesses()
        self._touched.clear()
        self.iteration = 0

    def read(self, array: Named, places: Any) -> None:
        """The iteration reads `places` (an int or an array of int64) of the array's memory."""
        self._spend(1 if type(places) is int else places.size)
        unwritten = array.memory.unwritten
        if unwritten is not None and np.any(unwritten[places]):
            bad = np.unique(np.extract(unwritten[places], places))
            unwritten[bad] = False  # each place is reported once
            nobody = np.zeros(bad.size, np.int64)
            self._report("uninitialised read", array.memory, bad, nobody, nobody + self.iteration)
        if self._shared(array.memory):
            array.memory.reads.add(places, self.iteration)

    def write(self, array: Named, places: Any) -> None:
        """The iteration writes `places` (an int or an array of int64) of the array's memory."""
        self._spend(1 if type(places) is int else places.size)
        array.written = True
        if array.memory.unwritten is not None:
            array.memory.unwritten[places] = False
        if self._shared(array.memory):
            array.memory.writes.add(places, self.iteration)

    def _shared(self, memory: Memory) -> bool:
        """Can another iteration meet this access? What an iteration made is its own."""
        if not self.iteration or memory.born == (self.region, self.iteration):
            return False
        self._touched[memory] = None
        return True

    def make(self, size: int) -> Memory:
        """Memory for `size` places, made here and now."""
        self._spend(size)
        return Memory(size, (self.region, self.iteration))

    def _spend(self, places: int) -> None:
        self._spent += places
        if self._spent > ACCESSES:
            raise HpclabError(
                f"The race check stopped after {ACCESSES:,} accesses to arrays. Give it smaller "
                "arrays: a race shows on a hundred elements as well."
            )

    def _report(self, kind: str, memory: Memory, places: Any, first: Any, second: Any) -> None:
        """Sort `places` by the array they lie in; `first` and `second` are their iterations."""
        # Of arrays that share memory the one that is written is named.
        for array in sorted(memory.arrays, key=lambda array: not array.written):
            mine = np.isin(places, array.places)
            if mine.any() and (array, kind) not in self.findings:
                index = np.argwhere(np.isin(array.places, places))[0]
                at = np.flatnonzero(places == array.places[tuple(index)])[0]
                also = [o for o in memory.arrays if o is not array and places[at] in o.places]
                iterations = tuple(self.loop[i - 1] for i in (first[at], second[at]) if i)
                where = tuple(int(i) for i in index)
                self.findings[array, kind] = Finding(array, where, iterations, also)
            if mine.any():
                self.findings[array, kind].places.update(places[mine].tolist())
            places, first, second = places[~mine], first[~mine], second[~mine]

    def report_scalar(self, name: str, iterations: tuple[int, ...]) -> None:
        """A variable is read that the iteration has not assigned; two iterations say most."""
        scalar = self._scalars.setdefault(name, Named(Memory(1, (0, 0)), np.zeros(()), name))
        known = self.findings.get((scalar, "shared scalar"))
        if known is None or len(known.iterations) < len(iterations):
            self.findings[scalar, "shared scalar"] = Finding(scalar, (), iterations, [], {0})

    def current(self) -> tuple[int, ...]:
        """The iteration that runs, as the loop counts; empty outside a loop."""
        return (self.loop[self.iteration - 1],) if self.iteration else ()
