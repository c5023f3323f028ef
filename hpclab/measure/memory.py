"""Memory that a call takes, counted and not sampled."""

import gc
import tracemalloc
from collections.abc import Callable
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
    from numba.core.registry import cpu_target
    from numba.core.runtime import _nrt_python, rtsys  # type: ignore[attr-defined]

    rtsys.initialize(cpu_target.target_context)
    _nrt_python.memsys_enable_stats()
    before = rtsys.get_allocation_stats().mi_alloc
    function(*args)
    passed = sum(isinstance(arg, np.ndarray) for arg in args)
    return max(0, int(rtsys.get_allocation_stats().mi_alloc - before) - passed)
