"""Imported by the fork server that checks are forked from: what each would wait for otherwise.

The first function that Numba compiles in a process takes 0.4 s, the next 0.05 s. No thread is
started here, for a fork would lose it.
"""

import numba

import hpclab.checks.local  # noqa: F401


@numba.njit("f8(f8[::1], f8[::1])")
def _compiled(x, out):  # type: ignore[no-untyped-def]
    """Once through the compiler's passes."""
    total = 0.0
    for i in range(x.shape[0]):
        total += x[i] * out[i]
        out[i] = total
    return total
