"""The fork server: a warmed process that forks one confined process for each notebook.

    python -P -m autograder.sandbox.zygote SOCKET LAYERS

It is asked over a socket, one order a message, with three files: the learner's end of the wire, the
shared memory, and a pipe on which the fork's end is told. It never runs a learner's code, and never
sees hidden checks or other learners' work: what a fork could find in memory is what stands here.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import numba
from distributed.utils import get_ip

import autograder
import hpclab
from autograder.sandbox import learner
from autograder.sandbox.confine import confine, isolate, reap_all
from autograder.sandbox.layers import Layers, SandboxLimits
from autograder.sandbox.warm import warm
from hpclab.measure import worker
from hpclab.measure.machine import thread_settings
from hpclab.wire import Line, MappedMemory

_PR_SET_PDEATHSIG = 1
_FAILED = 70  # exit code where our own code failed
# What a learner's code may read beside Python: the packages, but not the course around them.
READABLE = [str(Path(next(iter(package.__path__)))) for package in (hpclab, autograder)]
_KEPT = {"LANG", "LD_LIBRARY_PATH", "MPLBACKEND", *thread_settings(1)}


def main() -> None:
    """Warm up, say so, then fork order after order until the other side closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    layers = _layers(json.loads(sys.argv[2]))
    shell = warm()
    try:
        control.send(b"ready")
    except BrokenPipeError:  # whoever asked is gone
        return
    while message := _receive(control):
        order, fds = message
        if os.fork() == 0:
            _guard(control, order, fds, layers, shell)
        for fd in fds:
            os.close(fd)
        _reap(os.WNOHANG)
    signal.alarm(1)  # ends this process, and with it whatever fork still goes on
    _reap(0)


def _reap(how: int) -> None:
    """Take leave of forks that have ended: their CPU time then counts as this process's too."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, how)[0]:
            pass


def _layers(given: dict[str, Any]) -> Layers:
    return Layers(**{**given, "namespaces": frozenset(given["namespaces"])})


def _receive(control: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    text, fds, _, _ = socket.recv_fds(control, 1 << 16, 3)
    return (json.loads(text), list(fds)) if text else None


def _guard(
    control: socket.socket, order: dict[str, Any], fds: list[int], layers: Layers, shell: Any
) -> None:
    """In the fork: start the learner's process, wait for it, leave nothing of it, tell its end."""
    wire, memory, end = fds
    control.close()
    try:
        pid = os.fork() if order["job"] == "trusted" else isolate(layers)
        if pid:
            os.close(wire)
            os.close(memory)
            signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGKILL))
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            os.write(end, f"{pid}\n".encode())
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            os.write(end, f"{reap_all(pid)}\n".encode())
            os._exit(0)
        os.close(end)
        _work(order, wire, memory, layers, shell)
        os._exit(0)
    except BrokenPipeError:  # whoever wanted to know its end is gone
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(_FAILED)


def _work(order: dict[str, Any], wire: int, memory: int, layers: Layers, shell: Any) -> None:
    """In the learner's process: confine it, then do the job until the other side closes."""
    home = Path(order["work"])
    trusted = order["job"] == "trusted"
    _environment(home)
    if not trusted:
        limits = SandboxLimits(**order["limits"])
        confine(home, limits, READABLE, layers, keep=(wire, memory))
        with warnings.catch_warnings(), contextlib.suppress(OSError):
            warnings.simplefilter("ignore")  # a network of its own has no way out; Dask says so
            get_ip()
        sys.path.append(str(home))  # last: a submitted numpy.py must not be taken for NumPy
    _silence()
    line, shared = Line(socket.socket(fileno=wire)), MappedMemory(memory)
    if order["threads"]:
        vars(numba.config)["THREADING_LAYER"] = "omp"  # waiting threads sleep: time is measured
        numba.set_num_threads(order["threads"])
    if order["job"] == "graded":
        learner.work(shell, line, shared, order["room"])
    else:
        worker.work(line, shared)


def _environment(home: Path) -> None:
    """Variables of a home of one's own; of ours, only those that tell of threads and figures."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(
        NUMBA_CACHE_DIR=str(home / ".numba"), PATH="/usr/bin:/bin", USER="learner",
        NBGRADER_EXECUTION="autograde",
    )  # fmt: skip


def _silence() -> None:
    """What is printed past Python goes nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    os.close(nowhere)


if __name__ == "__main__":
    main()
