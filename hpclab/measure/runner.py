"""A `Runner` calls functions of somebody's code and says what CPU time that took."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Answer:
    """What one call gave: its result, its critical path, the arguments as they are afterwards.

    `path` is CPU seconds along the critical path, or 0.0 where it was not asked for.
    """

    result: Any
    path: float
    args: Arguments


class CallFailed(Exception):
    """The code gave no answer: `got` is what happened, `why` what to do about it."""

    def __init__(self, got: str, why: str, *, stub: bool = False) -> None:
        super().__init__(f"{got}: {why}")
        self.got, self.why, self.stub = got, why, stub


class CannotTell(Exception):
    """The machine gave no chance to answer; nothing is known about the code."""


class Runner(Protocol):
    """Code that can be called, frozen while it is not its turn, and timed.

    `weakness` says in which way its times are easier to deceive than they should be; "" if none.
    """

    weakness: str

    def start(self) -> Self:
        """Load the code; CallFailed where it cannot be."""

    def call(self, name: str, calls: Sequence[Arguments], *, path: bool = False) -> list[Answer]:
        """Call `name` with each of `calls`; CallFailed where a call gives no answer."""

    def freeze(self) -> None:
        """Stop all threads of the code."""

    def thaw(self) -> None:
        """Let them go on."""

    def cpu(self) -> float:
        """CPU seconds that the code has used so far, over all its threads."""

    def close(self) -> None:
        """Stop the code for good and leave nothing behind."""


class LocalRunner:
    """One function of this process. Nothing can be frozen here; for a learner's own use."""

    weakness = "timed in this process, where a cheat could deceive it"

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._used = 0.0

    def start(self) -> Self:
        """Nothing to do: the code is here."""
        return self

    def call(self, name: str, calls: Sequence[Arguments], *, path: bool = False) -> list[Answer]:
        """Call the function on aligned copies of the arguments; exceptions pass through."""
        copies = [tuple(aligned(arg) for arg in args) for args in calls]
        return [self._one(args, path) for args in copies]

    def _one(self, args: Arguments, path: bool) -> Answer:
        if path:
            from hpclab.measure.regions import critical_path

            return Answer(*critical_path(lambda: self._function(*args)), args)
        began = time.process_time()
        result = self._function(*args)
        self._used += time.process_time() - began
        return Answer(result, 0.0, args)

    def freeze(self) -> None:
        """Not possible here."""

    def thaw(self) -> None:
        """Not possible here."""

    def cpu(self) -> float:
        """CPU seconds of this process while the function ran."""
        return self._used

    def close(self) -> None:
        """Nothing to do."""


def aligned(value: Any) -> Any:
    """A copy of an array that begins on a cache line of 64 bytes; other values as they are.

    Eight bytes off cost up to 15 % of the time of a vectorised loop.
    """
    if not isinstance(value, np.ndarray) or value.dtype.hasobject:
        return value
    room = np.empty(value.nbytes + 64, np.uint8)
    start = -room.ctypes.data % 64
    order: Any = "F" if value.flags.fnc else "C"
    copy = np.ndarray(value.shape, value.dtype, room, start, order=order)
    copy[...] = value
    return copy
