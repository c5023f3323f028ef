"""Everything that a notebook of this course needs, imported and warmed once, before any fork.

Nothing here may start a thread: a fork has the forking thread alone, and GNU OpenMP ends a child
that was forked after its pool had begun. `numba.cuda` is left out: whether it is the simulator is
settled when it is first imported.
"""

import gc
import os
import sys
from typing import Any


def warm() -> Any:
    """Import and warm up; return the IPython shell. RuntimeError if that started a thread."""
    import dask.array
    import dask.bag
    import dask.delayed
    import dask.distributed

    from autograder.sandbox.cells import Shell

    shell = Shell.instance()
    shell.run("raise ValueError", 0)  # what makes tracebacks takes 60 ms to import
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)
    _compile()
    dask.array.ones((4, 4), chunks=2).sum().compute(scheduler="synchronous")
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1 or "numba.cuda" in sys.modules:
        raise RuntimeError(f"{threads} threads, numba.cuda: {'numba.cuda' in sys.modules}; "
                           "expected one thread before the fork, and no numba.cuda")  # fmt: skip
    gc.collect()
    gc.freeze()  # so that the children's collector does not touch, and copy, all of it
    return shell


def _compile() -> None:
    """Take the compiler through its passes, serial and parallel, without running anything."""
    import numba

    from hpclab.numba_private import without_threads

    def add(x, out):  # type: ignore[no-untyped-def]
        total = 0.0
        for i in numba.prange(x.shape[0]):
            total += x[i] * out[i]
            out[i] = total
        return total

    def smooth(u):  # type: ignore[no-untyped-def]
        v = u.copy()
        for i in numba.prange(1, u.shape[0] - 1):
            for j in range(1, u.shape[1] - 1):
                v[i, j] = 0.25 * (u[i - 1, j] + u[i + 1, j])
        return v

    with without_threads():
        for parallel in (False, True):
            compiled = numba.njit(parallel=parallel)
            compiled(add).compile("f8(f8[::1], f8[::1])")
            compiled(smooth).compile("f8[:,::1](f8[:,::1])")
