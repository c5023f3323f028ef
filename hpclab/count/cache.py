"""Cache misses of compiled code, by simulating every load and store that it does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numba import cfunc, types

from hpclab.count.access import Access, accesses, frame, value_of
from hpclab.count.arena import in_one_block
from hpclab.count.build import Build
from hpclab.count.ir import Function, leading_type, parse

_EMPTY = np.iinfo(np.int64).min
# Places in the state of a simulation; behind them, four numbers a level, then all tags.
_ACCESSES, _BYTES, _LINE, _LEVELS, _FIRST = range(5)
_SETS, _WAYS, _MISSES, _TAGS = range(4)


@dataclass(frozen=True)
class CacheLevel:
    """A cache of `size` bytes whose sets hold `ways` lines each; the least recently used goes."""

    size: int
    ways: int


@dataclass(frozen=True)
class Misses:
    """accesses: elements loaded and stored; misses: lines not found, a level; bytes: moved."""

    accesses: int
    misses: tuple[int, ...]
    bytes: int


_USUAL = (CacheLevel(32 * 1024, 8), CacheLevel(512 * 1024, 8))


def cache_misses(
    function: Callable[..., Any],
    *args: Any,
    levels: Sequence[CacheLevel] = _USUAL,
    line: int = 64,
) -> Misses:
    """Misses of `function(*args)` in a hierarchy of caches, empty at the start; the same anywhere.

    Each level is set-associative with least-recently-used replacement, is asked when the one
    before it missed, and takes the line in (stores allocate; nothing is prefetched, writing back
    is not counted). `line` is the bytes of a cache line. The call gets copies of the arrays, each
    at a page of its own in one block of memory, so that their places relative to one another, and
    so the sets that they fall into, never change. Arrays that the function itself allocates lie
    where the allocator puts them: their conflict misses may vary. Serial code only:
    `parallel=True` is left out. Errors as for `operations`.

    Source: Hennessy and Patterson, Computer Architecture, appendix B.
    """
    state = _state(tuple(levels), line)
    arguments = in_one_block(args)
    build = _simulating(function)
    build.state_of[0] = state.ctypes.data
    build.build.run(arguments)
    table = state[_FIRST : _FIRST + 4 * len(levels)].reshape(-1, 4)
    misses = tuple(int(count) for count in table[:, _MISSES])
    return Misses(int(state[_ACCESSES]), misses, int(state[_BYTES]))


def _state(levels: tuple[CacheLevel, ...], line: int) -> np.ndarray:
    """The numbers of a simulation that starts with empty caches."""
    if not levels:
        raise ValueError("levels: expected at least one CacheLevel (given: none).")
    if line not in [2**power for power in range(13)]:
        raise ValueError(
            f"line: expected the bytes of a cache line, a power of two up to 4096 (given: {line})."
        )
    table, tags = [], _FIRST + 4 * len(levels)
    for level in levels:
        sets, rest = divmod(level.size, max(level.ways, 1) * line)
        if level.ways < 1 or sets < 1 or rest:
            raise ValueError(
                f"Expected a cache of whole sets, each of ways x line bytes (given: {level} with "
                f"lines of {line} bytes)."
            )
        table += [sets, level.ways, 0, tags]
        tags += sets * level.ways
    state = np.full(tags, _EMPTY, np.int64)
    state[:_FIRST] = 0
    state[_LINE], state[_LEVELS] = line, len(levels)
    state[_FIRST : _FIRST + len(table)] = table
    return state


class _SimulatingBuild:
    """A function that reports each load and store to the state whose address is in `state_of`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.state_of = np.zeros(1, np.int64)
        self._reports = 0
        self.build = Build(function, self._edit, serial=True)

    def _edit(self, text: str) -> str:
        parts = parse(text)
        for part in parts:
            if isinstance(part, Function) and part.of_the_learner:
                inside = frame(part)
                for block in part.blocks:
                    block.lines = [
                        new
                        for line in block.lines
                        for new in [*self._before(accesses(line, inside)), line]
                    ]
        return "\n".join(map(str, parts))

    def _before(self, found: list[Access]) -> list[str]:
        lines = []
        for access in found:
            if access.length:
                lines += self._report_block(access)
            elif access.mask:
                for lane in range(access.lanes):
                    lines += self._report_lane(access, lane)
            else:
                lines += self._report(
                    value_of(access.pointer), str(access.lanes), str(access.lanes * access.size)
                )
        return lines

    def _report(self, pointer: str, elements: str, size: str) -> list[str]:
        name = self._name()
        hook = f"inttoptr (i64 {_hook().address} to ptr)"
        state = f"inttoptr (i64 {self.state_of.ctypes.data} to ptr)"
        return [
            f"{name}.state = load ptr, ptr {state}",
            f"{name}.address = ptrtoint ptr {pointer} to i64",
            f"call void {hook}(ptr {name}.state, i64 {name}.address, i64 {elements}, i64 {size})",
        ]

    def _report_block(self, access: Access) -> list[str]:
        """A block copy or fill, as words of eight bytes."""
        name, length = self._name(), value_of(access.length)
        return [
            f"{name}.up = add i64 {length}, 7",
            f"{name} = lshr i64 {name}.up, 3",
            *self._report(value_of(access.pointer), name, length),
        ]

    def _report_lane(self, access: Access, lane: int) -> list[str]:
        """One lane of a masked access: one element, or none and no bytes."""
        name, pointer = self._name(), value_of(access.pointer)
        if access.pointer.startswith("<"):
            place = f"extractelement {leading_type(access.pointer)} {pointer}, i64 {lane}"
        else:
            place = f"getelementptr i8, ptr {pointer}, i64 {lane * access.size}"
        return [
            f"{name}.place = {place}",
            f"{name}.bit = extractelement {access.mask}, i64 {lane}",
            f"{name} = zext i1 {name}.bit to i64",
            f"{name}.size = mul i64 {name}, {access.size}",
            *self._report(f"{name}.place", name, f"{name}.size"),
        ]

    def _name(self) -> str:
        self._reports += 1
        return f"%hpclab.{self._reports}"


_simulating = lru_cache(maxsize=32)(_SimulatingBuild)


@lru_cache(maxsize=1)
def _hook() -> Any:
    """The compiled function that is told of each access: state, address, elements, bytes."""

    @cfunc(types.void(types.CPointer(types.int64), types.int64, types.int64, types.int64))
    def touch(state, address, elements, size):  # type: ignore[no-untyped-def]
        state[_ACCESSES] += elements
        state[_BYTES] += size
        if size == 0:
            return
        first = address // state[_LINE]
        last = (address + size - 1) // state[_LINE]
        for line in range(first, last + 1):
            for level in range(state[_LEVELS]):
                entry = _FIRST + 4 * level
                ways = state[entry + _WAYS]
                tags = state[entry + _TAGS] + line % state[entry + _SETS] * ways
                place = 0
                while place < ways - 1 and state[tags + place] != line:
                    place += 1
                found = state[tags + place] == line
                # Most recently used first: those before it move back by one.
                for behind in range(place, 0, -1):
                    state[tags + behind] = state[tags + behind - 1]
                state[tags] = line
                if found:
                    break
                state[entry + _MISSES] += 1

    return touch
