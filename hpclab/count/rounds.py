"""Which round of its loops a running Python function is in."""

import dis
from functools import cache
from types import CodeType, FrameType
from typing import Any

Loop = tuple[int, int]


@cache
def loops(code: CodeType) -> tuple[Loop, ...]:
    """The first and last bytecode offset of each loop, inner loops before outer ones."""
    found: list[Loop] = []
    jumps = [i for i in dis.get_instructions(code) if i.opcode in {*dis.hasjrel, *dis.hasjabs}]
    for first, last in sorted((i.argval, i.offset) for i in jumps if i.argval < i.offset):
        for k, (start, end) in enumerate(found):
            # `continue` jumps to where the loop does, or in a `while` to the test before it.
            if start == first or start < first <= end < last:
                found[k] = (start, max(end, last))
                break
        else:
            found.append((first, last))
    return tuple(sorted(found, key=lambda loop: loop[1] - loop[0]))


class Rounds:
    """The trace function of one call: counts how often each of its loops went round.

    Python keeps it as `frame.f_trace`. Bytecode runs backwards only where a loop goes round.
    """

    def __init__(self, code: CodeType) -> None:
        self._counts = dict.fromkeys(loops(code), 0)
        self._last = 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> "Rounds":
        """Take note of a line that is about to run."""
        if event == "line":
            if frame.f_lasti <= self._last:
                self._went_round(frame.f_lasti)
            self._last = frame.f_lasti
        return self

    def _went_round(self, offset: int) -> None:
        inner: list[Loop] = []
        for first, last in self._counts:
            if first <= offset and self._last <= last:
                self._counts[first, last] += 1
                self._counts.update((loop, 0) for loop in inner if first <= loop[0] <= last)
                return
            inner.append((first, last))

    def at(self, offset: int) -> tuple[int, ...]:
        """How often each loop around the instruction at `offset` went round."""
        counts = []  # a generator would be one more call to trace, for each access of a kernel
        for (first, last), count in self._counts.items():
            if first <= offset <= last:
                counts.append(count)
        return tuple(counts)


def rounds(frame: FrameType) -> tuple[int, ...]:
    """How often each loop around the running instruction of `frame` went round, if traced."""
    seen = frame.f_trace
    return seen.at(frame.f_lasti) if isinstance(seen, Rounds) else ()
