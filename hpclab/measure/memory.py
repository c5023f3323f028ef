"""Memory that a call takes, counted and not sampled."""

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any


def traced_peak(job: Callable[[], Any]) -> int:
    """Bytes that Python and NumPy hold at the peak of `job()`, above what they held before.

    NumPy reports its buffers to tracemalloc; compiled (Numba) code does not.
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


def compiled_allocations(job: Callable[[], Any]) -> int:
    """How many arrays Numba's runtime allocates in `job()`; a private counter of Numba 0.68."""
    # Imported here: Numba takes a second, and the command line should not wait for it.
    from numba.core.registry import cpu_target
    from numba.core.runtime import _nrt_python, rtsys  # type: ignore[attr-defined]

    rtsys.initialize(cpu_target.target_context)
    _nrt_python.memsys_enable_stats()
    before = rtsys.get_allocation_stats().mi_alloc
    job()
    return int(rtsys.get_allocation_stats().mi_alloc - before)
