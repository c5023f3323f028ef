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

from hpclab.measure.machine import data_bytes, starved, waiting_time


@dataclass(frozen=True)
class Limits:
    """What one check may take. Each can be set at the check: `@check(task="f", wall=10)`.

    wall and cpu: seconds; memory: bytes of data beyond what the process held before; output:
    characters that are kept of what is printed.
    """

    wall: float = 60.0
    cpu: float = 60.0
    memory: float = 4e9
    output: int = 2_000


DEFAULT = Limits()


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
    only in the main thread. Memory: MemoryError, on Linux. `hpclab check` and grading run the code
    in a process of its own, which they can kill.
    """
    with (
        _timer("ITIMER_REAL", "SIGALRM", limits.wall, "did not return within {:g} s"),
        _timer("ITIMER_PROF", "SIGPROF", limits.cpu, "did not return after {:g} s of CPU time"),
        _memory(limits.memory),
    ):
        yield


@contextlib.contextmanager
def _timer(timer: str, name: str, seconds: float, sentence: str) -> Iterator[None]:
    if not hasattr(signal, timer) or threading.current_thread() is not threading.main_thread():
        yield
        return
    which, number = getattr(signal, timer), getattr(signal, name)
    began, waited = time.monotonic(), waiting_time()

    def stop(*_: Any) -> None:
        took = time.monotonic() - began
        innocent = timer == "ITIMER_REAL" and starved(waited, waiting_time(), took)
        raise LimitReached(sentence.format(seconds), starved=innocent)

    previous = signal.signal(number, stop)
    signal.setitimer(which, seconds)
    try:
        yield
    finally:
        signal.setitimer(which, 0)
        signal.signal(number, previous)


@contextlib.contextmanager
def _memory(limit: float) -> Iterator[None]:
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = int(data_bytes() + limit)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
