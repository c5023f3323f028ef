"""Limits of a check: what the learner's code may take before it is stopped."""

import contextlib
import io
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hpclab.measure.machine import limit_memory, starved, waiting_time


@dataclass(frozen=True)
class Limits:
    """What one check may take. Each can be set at the check: `@check(task="f", wall=10)`.

    wall and cpu: seconds; memory: bytes of data beyond what the process held before; output:
    characters that are kept of what is printed; processes: how many there may be at once, threads
    among them. Where a course is graded, all cells and checks of a notebook together may take
    `notebook` seconds; processes and notebook are not limited in a learner's own Jupyter.
    """

    wall: float = 60.0
    cpu: float = 60.0
    memory: float = 4e9
    output: int = 2_000
    processes: int = 64
    notebook: float = 600.0


DEFAULT = Limits()
_LOOK, _AGAIN = 0.05, 1.0  # seconds between looks at the clocks; and after a limit was reached


class LimitReached(BaseException):
    """The code was stopped. Not an Exception, so that `except Exception` does not swallow it."""

    def __init__(self, got: str, *, starved: bool = False) -> None:
        super().__init__(got)
        self.got, self.starved = got, starved


class Printed(io.StringIO):
    """A stream that keeps the first `limit` characters and lets the rest go."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._room = limit

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        kept = text[: self._room]
        self._room -= len(kept)
        super().write(kept)
        return len(text)


@contextlib.contextmanager
def enforced(limits: Limits) -> Iterator[None]:
    """Stop the code inside at its limits, as far as this process can.

    Time: an interrupt, which plain Python code obeys at once and compiled code when it returns;
    only in the main thread. Memory: MemoryError, on Linux. `hpclab check` runs the code in a
    process of its own, which it can kill.
    """
    with _time(limits), _memory(limits.memory):
        yield


@contextlib.contextmanager
def _time(limits: Limits) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or not _in_main_thread():
        yield
        return
    began, used, waited = time.monotonic(), time.process_time(), waiting_time()

    def look(*_: Any) -> None:
        took = time.monotonic() - began
        if time.process_time() - used > limits.cpu:
            got, innocent = f"did not return after {limits.cpu:g} s of CPU time", False
        elif took > limits.wall:
            got = f"did not return within {limits.wall:g} s"
            innocent = starved(waited, waiting_time(), took)
        else:
            return
        signal.setitimer(signal.ITIMER_REAL, _AGAIN, _AGAIN)  # for who swallows it
        raise LimitReached(got, starved=innocent)

    previous = signal.signal(signal.SIGALRM, look)
    # Not ITIMER_PROF: while it is set, Linux reads the CPU clock of the process to 4 ms only.
    signal.setitimer(signal.ITIMER_REAL, _LOOK, _LOOK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def _memory(limit: float) -> Iterator[None]:
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    limit_memory(limit)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
