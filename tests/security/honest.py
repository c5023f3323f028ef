"""What a confined process must still be able to do: the twins of the hostile deeds."""

import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import socket
import subprocess  # noqa: F401  # loaded before the files are out of reach
import tempfile
import threading
import time
from pathlib import Path

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster
from numba import njit, prange

from hpclab.comm import run


@njit(parallel=True)
def _total(x: np.ndarray) -> float:
    total = 0.0
    for i in prange(x.size):
        total += x[i]
    return total


def compile_parallel() -> float:
    return _total(np.ones(1000))


def compile_cached() -> list[str]:
    """Numba's cache in the HOME: a function of a file that was written here."""
    Path("mine.py").write_text("import numba\n@numba.njit(cache=True)\ndef f(x): return x + 1\n")
    scope: dict = {"__name__": "mine"}
    exec(compile(Path("mine.py").read_text(), os.path.abspath("mine.py"), "exec"), scope)
    assert scope["f"](1) == 2
    return [path.suffix for path in Path.home().rglob("*.nbi")]


def dask_threads() -> float:
    return float(da.ones((100, 100), chunks=10).sum().compute(scheduler="threads"))


def cluster() -> int:
    with (
        LocalCluster(processes=False, n_workers=1, threads_per_worker=2) as here,
        Client(here) as client,
    ):
        return client.submit(sum, [20, 22]).result(timeout=60)


def loopback() -> str:
    """A server and its client, by the name of the machine."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1])) as end,
    ):
        other, _ = server.accept()
        with other:
            other.sendall(b"hello")
        return end.recv(5).decode()


def threads() -> list[int]:
    done: list[int] = []
    several = [threading.Thread(target=done.append, args=[i]) for i in range(4)]
    for thread in several:
        thread.start()
    for thread in several:
        thread.join()
    return sorted(done)


def ranks() -> list[int]:
    return run(lambda comm: comm.allreduce(comm.rank), 3).results


def forked_queue() -> int:
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=queue.put, args=[3])
    process.start()
    got = queue.get(timeout=60)
    process.join()
    return got


def end_own_child() -> int:
    """A child that its parent kills; and signals to oneself arrive."""
    got: list[int] = []
    signal.signal(signal.SIGUSR1, lambda number, _: got.append(number))
    os.kill(os.getpid(), signal.SIGUSR1)
    assert got == [signal.SIGUSR1]
    pid = os.fork()
    if pid == 0:
        time.sleep(1000)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def own_proc() -> bool:
    """What /proc tells of oneself and of the machine."""
    Path("/proc/self/maps").read_text()
    assert os.listdir("/proc/self/fd")
    assert int(Path("/proc/self/oom_score_adj").read_text()) == 1000
    assert int(Path("/proc/meminfo").read_text().split()[1]) > 0
    return "VmData" in Path("/proc/self/status").read_text()


def files() -> list[str]:
    """Files in the work folder, which is the HOME, the current folder, and that of tempfile."""
    Path("kept.txt").write_text("kept")
    Path.home().joinpath("sub").mkdir()
    Path("kept.txt").rename("sub/kept.txt")
    with tempfile.NamedTemporaryFile() as file:
        assert Path(file.name).parent == Path.cwd()
    return [Path("given.txt").read_text(), Path("sub/kept.txt").read_text()]


def shared_files() -> None:
    for folder in ("/tmp", "/dev/shm"):
        Path(folder, "mine").write_text("mine")


def memory_file() -> int:
    return os.write(os.memfd_create("mine"), b"mine")


def less_memory() -> str:
    """A lower limit for one check, lifted again for the next."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (soft // 2, hard))
    try:
        bytearray(soft // 2 + (1 << 26))
    except MemoryError:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
        return "less, then as before" if len(bytearray(1 << 26)) else ""
    return "no limit"


def descriptors() -> list[str]:
    """What is open here."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{number}"))
    return found


def read_text(path: str) -> str:
    return Path(path).read_text()


def late_import() -> str:
    """A module that nobody has loaded yet."""
    import wave

    return wave.__name__


def crash() -> None:
    ctypes.string_at(0)


def abort() -> None:
    os.abort()


def leave() -> None:
    os._exit(3)


def spin(pipe: int) -> None:
    os.write(pipe, b" ")
    while True:
        pass


def nothing() -> None:
    """Be confined, and no more."""
