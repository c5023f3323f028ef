"""Memory that a call takes, counted and not sampled."""

import gc
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def traced_peak(job: Callable[[], Any]) -> int:
    """Bytes that Python and NumPy hold at the peak of `job()`, above what they held before.

    NumPy and Numba 0.68 both report their arrays to tracemalloc.
    """
    was_tracing = tracemalloc.is_tracing()
    gc.collect()
    if not was_tracing:
        tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        result = job()
        _, peak = tracemalloc.get_traced_memory()
        del result
        return max(0, peak - before)
    finally:
        if not was_tracing:
            tracemalloc.stop()


def compiled_allocations(function: Callable[..., Any], args: tuple[Any, ...]) -> int:
    """How many arrays compiled code allocates in `function(*args)`; Numba 0.68's own counter.

    Numba counts one for each array that is passed in; those are taken off.
    """
    # Imported here: Numba takes a second, and the command line should not wait for it.
    from hpclab.numba_private import arrays_allocated

    before = arrays_allocated()
    function(*args)
    passed = sum(isinstance(arg, np.ndarray) for arg in args)
    return max(0, arrays_allocated() - before - passed)


def resident_peak(job: Callable[[], Any]) -> int | None:
    """Bytes of resident memory of this process at the peak of `job()`, above what it had before.

    Sees all memory, of C libraries too, to about a quarter of a megabyte; not the pages that an
    earlier call touched and the allocator kept. None where the kernel keeps no high-water mark
    that can be reset: only Linux does, and not in every container.
    """
    gc.collect()
    if not reset_high_water():
        return None
    before = high_water()
    result = job()
    peak = high_water()
    del result
    return None if before is None or peak is None else max(0, peak - before)


def reset_high_water(pid: int | None = None) -> bool:
    """Lower the high-water mark of a process (None: this one) to what is resident now.

    False where the kernel has no such thing or does not allow it. See proc(5), clear_refs.
    """
    try:
        Path(f"/proc/{pid or 'self'}/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def high_water(pid: int | None = None) -> int | None:
    """Most bytes that were resident in a process (None: this one) since its mark was reset."""
    try:
        status = Path(f"/proc/{pid or 'self'}/status").read_text()
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else None
