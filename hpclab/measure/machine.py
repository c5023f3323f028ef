"""What this machine lends us."""

import os
from pathlib import Path

_VIRTUAL_THREADS = 4  # on which checks ask for virtual speed-up


def cores() -> int:
    """Cores that this process may run on, which may be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_settings(threads: int) -> dict[str, str]:
    """Environment variables for code with so many threads; waiting threads sleep, not spin.

    Spinning threads are charged for their waiting: 55 % of the ratios of CPU times were then off
    by more than 20 %. NumPy's own threads are kept to one, as is usual beside parallel loops.
    """
    return {
        "NUMBA_NUM_THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "passive",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


def notebook_settings(own: int | None = None) -> dict[str, str]:
    """Environment variables for kernels: enough threads for virtual speed-up on any machine.

    own: how many cores they get; without it, all that this process has.
    """
    settings = thread_settings(max(_VIRTUAL_THREADS, own or cores()))
    return {name: settings[name] for name in ("NUMBA_NUM_THREADS", "OMP_WAIT_POLICY")}


def data_bytes() -> int:
    """Bytes of data (VmData, proc(5)) that this process holds: what RLIMIT_DATA limits. Linux."""
    with open("/proc/self/status") as status:
        (size,) = [line.split()[1] for line in status if line.startswith("VmData")]
    return int(size) * 1024


def limit_memory(more: float, *, for_good: bool = False) -> None:
    """Let this process have `more` bytes of data than now; beyond that, MemoryError. Linux.

    `for_good`: it cannot be raised again, and holds for the bytes of a file too.
    """
    import resource

    kinds = {resource.RLIMIT_DATA: int(data_bytes() + more)}
    if for_good:
        kinds[resource.RLIMIT_FSIZE] = int(more)
    for kind, most in kinds.items():
        _, hard = resource.getrlimit(kind)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least if for_good else hard))


def waiting_time(process: int | str = "thread-self") -> float | None:
    """Seconds that a process's main thread, or this thread, has waited for a core so far.

    None where the kernel keeps no such book (/proc/*/schedstat).
    """
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def starved(before: float | None, after: float | None, wall: float) -> bool:
    """Whether that waiting took most of `wall` seconds, or nobody knows."""
    return before is None or after is None or after - before > wall / 2
