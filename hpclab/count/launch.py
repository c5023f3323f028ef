"""A CUDA kernel run without a GPU, its threads in random order, and what no order should decide."""

import secrets
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random
from types import FrameType
from typing import Any, NamedTuple

import numpy as np

from hpclab.count.cuda import Dim, check_launch, wrapped
from hpclab.count.device import Device, shown
from hpclab.count.simulator import Memory, Recorder, is_ours

_VERBS = {"load": "read", "store": "written", "atomic": "updated by an atomic operation"}


@dataclass(frozen=True)
class Conflict:
    """Two threads at one place, one of which writes there, with nothing that orders them.

    array: the name of the kernel's argument, or of its shared array; index: the place, in the
    array's own shape; kinds: of the two accesses, "load", "store" or "atomic"; blocks, threads:
    who they were; lines: of the source where they stand; count: so many places.
    """

    array: str
    index: tuple[int, ...]
    kinds: tuple[str, str]
    blocks: tuple[str, str]
    threads: tuple[str, str]
    lines: tuple[int, int]
    count: int = 1

    def __str__(self) -> str:
        place = f"{self.array}[{', '.join(map(str, self.index))}]"
        same = self.blocks[0] == self.blocks[1]
        who = [
            f"{_VERBS[kind]} by thread {thread}"
            + ("" if same else f" of block {block}")
            + f" (line {line})"
            for kind, thread, block, line in zip(
                self.kinds, self.threads, self.blocks, self.lines, strict=True
            )
        ]
        end = (
            f"of block {self.blocks[0]}, and no barrier lies between"
            if same
            else "and nothing orders two blocks of a launch"
        )
        more = f"; so for {self.count} places" if self.count > 1 else ""
        return f"{place} is {who[0]} and {who[1]} {end}{more}"


@dataclass(frozen=True)
class Launch:
    """How a launch went.

    seed: repeats its order; barriers: the most that a block passed; conflicts: one for each array,
    pair of kinds and pair of source lines; without any, the order of threads decides nothing.
    """

    seed: int
    barriers: int
    conflicts: tuple[Conflict, ...]


def launch(kernel: Any, grid: Dim, block: Dim, *args: Any, seed: int | None = None) -> Launch:
    """Run `kernel[grid, block](*args)` without a GPU, in a random order that the seed repeats.

    Blocks run one after the other, in random order. Of the threads of a block one runs at a time,
    until it comes to a barrier or its end, or until it is interrupted after a load or store, which
    happens at one in four; then the next is drawn. Arrays hold what the kernel wrote, as after a
    launch on a GPU; shared arrays start as NaN, or as a number that nobody expects.

    Whatever the order, `conflicts` names the places where another order might have given another
    result: where two threads of a block touch the same place with no barrier between them, or two
    threads of different blocks at all, at least one of them writes, and not both are atomic.

    Args:
        kernel: a function under `@cuda.jit`.
        grid: blocks, an integer or up to three.
        block: threads a block, an integer or up to three, at most 1,024 in all.
        args: the kernel's arguments: arrays of any shape, numbers, tuples of them.
        seed: of the order; None draws one.

    Raises:
        BarrierError: not all threads of a block come to the same barrier.
        TypeError, ValueError: what is no kernel, or does not fit it; whatever the kernel raises.
    """
    check_launch(kernel, grid, block)
    seed = secrets.randbits(32) if seed is None else seed
    watch = _Watch(grid, block, Random(seed))
    given = wrapped(watch, kernel, args)
    watch.device.run(kernel, given)
    watch.give_back()
    return Launch(seed, watch.device.most, tuple(watch.conflicts()))


class _Access(NamedTuple):
    """kind, source line, block, phase of the block, thread in the block."""

    kind: str
    line: int
    block: tuple[int, int, int]
    phase: int
    thread: tuple[int, int, int]


class _Watch(Memory):
    """Remembers who touched each place of each array, and lets others go on in between."""

    def __init__(self, grid: Dim, block: Dim, order: Random) -> None:
        super().__init__()
        self.device = Device(grid, block, order, self._share)
        self._shapes: dict[str, Any] = {}
        self._places: dict[tuple[Any, ...], dict[_Access, None]] = {}

    def wrap(self, name: str, value: Any) -> Any:
        """Also remember the array's shape."""
        made = super().wrap(name, value)
        if isinstance(made, Recorder):
            self._shapes[name] = made.shape
        return made

    def record(self, name: str, kind: str, offset: int, size: int, itemsize: int) -> None:
        """Note who did it, then let another thread go on."""
        self.note((name, offset // itemsize), kind)
        self.device.interrupt()

    def note(self, place: tuple[Any, ...], kind: str) -> None:
        """The running thread did this at a place: array, element, and block of a shared array."""
        now = self.device.now
        kind = "atomic" if self.device.atomic else kind
        access = _Access(kind, _line(), now.block, self.device.phase, now.thread)
        self._places.setdefault(place, {})[access] = None

    def conflicts(self) -> Iterable[Conflict]:
        """One for each array, pair of kinds and pair of lines, of the first such place."""
        found: dict[Any, Conflict] = {}
        for (name, element, *_), accesses in sorted(self._places.items()):
            if pair := _conflict(list(accesses)):
                one = self._told(name, element, *pair)
                key = one.array, one.kinds, one.lines
                known = found.setdefault(key, replace(one, count=0))
                found[key] = replace(known, count=known.count + 1)
        return found.values()

    def _told(self, name: str, element: int, one: _Access, other: _Access) -> Conflict:
        shape = self._shapes[name]
        index = np.unravel_index(element, shape) if element < np.prod(shape) else [element]
        grid, block = self.device.grid, self.device.block
        return Conflict(
            name, tuple(map(int, index)), (one.kind, other.kind),
            (shown(one.block, grid), shown(other.block, grid)),
            (shown(one.thread, block), shown(other.thread, block)), (one.line, other.line),
        )  # fmt: skip

    def _share(self, name: str, array: Any) -> Recorder:
        self._shapes[name] = array.shape
        start = array.__array_interface__["data"][0]
        own: Any = _SharedArray(self, self.device.now.block)
        return Recorder(own, name, array, start, array.itemsize)


class _SharedArray:
    """Records for one block's shared array, which no other block can touch."""

    def __init__(self, watch: _Watch, block: Any) -> None:
        self._watch, self._block = watch, block

    def record(self, name: str, kind: str, offset: int, size: int, itemsize: int) -> None:
        self._watch.note((name, offset // itemsize, self._block), kind)
        self._watch.device.interrupt()


def _line() -> int:
    """The running line of the kernel, or of the device function that it is in."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and (is_ours(frame) or frame.f_globals.get("__name__") == __name__):
        frame = frame.f_back
    return frame.f_lineno if frame else 0


def _conflict(accesses: list[_Access]) -> tuple[_Access, _Access] | None:
    """Two of the accesses to one place that nothing orders, writing ones first; None if none."""
    rest = sorted(accesses, key=lambda one: (one.kind != "store", one.kind != "atomic"))
    firsts = [one for one in rest if one.kind != "load"]
    for one in firsts:
        for other in rest:
            same = one.block == other.block
            ordered = same and (one.thread == other.thread or one.phase != other.phase)
            if not ordered and not one.kind == other.kind == "atomic":
                return one, other
    return None
