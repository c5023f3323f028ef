"""The critical path of a parallel call, in CPU time: speed-up without free cores.

Critical path = what the main thread does alone + for each parallel region, its busiest thread.
Serial CPU time over it is the speed-up that the division of work allows. It leaves out waiting and
contention for memory: on a machine with the cores to spare, wall-clock speed-up is at most this.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hpclab.measure.runner import CannotTell


@dataclass
class _Watch:
    """Nanoseconds of CPU of each thread, summed over the regions of the call being watched."""

    on: bool = False
    main: int = 0  # of the calling thread, inside regions and in watching them
    busiest: int = 0  # of each region's busiest thread
    others: int = 0  # of all threads but the calling one, inside regions
    threads: list[int] = field(default_factory=list)


_watch = _Watch()


def with_regions(function: Any) -> Any:
    """A Numba function compiled anew, so that its parallel regions are seen; others as they are."""
    if not hasattr(function, "py_func"):
        return function
    if not os.path.isdir("/proc/self/task"):
        raise CannotTell("Virtual speed-up needs the CPU clock of each thread, as Linux has it.")
    from hpclab.numba_private import watched

    return watched(function, _region)


@contextmanager
def using_threads(threads: int) -> Iterator[None]:
    """Let this thread's parallel regions have `threads` threads, however many cores there are.

    CannotTell where Numba was started with fewer: NUMBA_NUM_THREADS is read when it is imported.
    """
    import numba

    most = vars(numba.config)["NUMBA_NUM_THREADS"]
    if threads > most:
        raise CannotTell(
            f"Numba was started with {most} threads here, and {threads} "
            f"are needed: start Jupyter with `hpclab learn`, or with NUMBA_NUM_THREADS={threads}."
        )
    before = numba.get_num_threads()
    numba.set_num_threads(threads)
    try:
        yield
    finally:
        numba.set_num_threads(before)


def critical_path(call: Callable[[], Any]) -> tuple[Any, float]:
    """What `call()` returns, and the CPU seconds of its critical path.

    It calls functions that `with_regions` made; what is parallel elsewhere is not seen as such.
    Threads that are no part of Numba's regions count as if they ran one after the other.
    """
    _watch.main = _watch.busiest = _watch.others = 0
    _watch.threads = _thread_ids()
    _watch.on = True
    everything, alone = time.process_time_ns(), time.thread_time_ns()
    try:
        result = call()
    finally:
        alone = time.thread_time_ns() - alone
        everything = time.process_time_ns() - everything
        _watch.on = False
    elsewhere = max(0, everything - alone - _watch.others)
    return result, (alone - _watch.main + _watch.busiest + elsewhere) / 1e9


def _region(run: Callable[[], None]) -> None:
    """Run one parallel region and note what each thread used."""
    if not _watch.on:
        return run()
    began = time.thread_time_ns()
    before = {thread: _thread_cpu(thread) for thread in _watch.threads}
    run()
    _watch.threads = _thread_ids()  # the first region starts the threads
    used = {t: _thread_cpu(t) - before.get(t, 0) for t in _watch.threads}
    _watch.busiest += max(used.values())
    _watch.others += sum(used.values()) - used[threading.get_native_id()]
    _watch.main += time.thread_time_ns() - began
    return None


def _thread_ids() -> list[int]:
    return [int(name) for name in os.listdir("/proc/self/task")]


def _thread_cpu(thread: int) -> int:
    """CPU nanoseconds of a thread: the clock of pthread_getcpuclockid."""
    try:
        return time.clock_gettime_ns(~thread << 3 | 6)
    except OSError:  # it has ended
        return 0
