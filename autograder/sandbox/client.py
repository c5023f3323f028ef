"""Forks of a zygote, from the side that asks for them."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Self

import hpclab
from autograder.sandbox.layers import Layers, SandboxLimits
from hpclab.errors import HpclabError
from hpclab.measure.machine import cores, thread_settings
from hpclab.measure.process import KEPT, Child, Launch

_WARM_UP = 120.0  # s for a zygote to import the world on a busy machine
_FORK = 60.0  # s for a fork to be confined, or to be cleared away
_THREADS = 4  # on which checks ask for virtual speed-up


class Zygote:
    """A warmed process that forks; see `autograder.sandbox.zygote`."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start and warm it; HpclabError where that fails."""
        self._control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-P", "-m", "autograder.sandbox.zygote"]
        command += [str(other.fileno()), json.dumps(asdict(self.layers), default=sorted)]
        root = str(Path(hpclab.__file__).parents[1])
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        environment |= thread_settings(max(_THREADS, cores()))
        # TBB's wheel, where there is one: its threads survive a fork that a learner's code makes.
        libraries = [str(Path(sys.prefix, "lib")), environment.get("LD_LIBRARY_PATH", "")]
        environment |= {
            "PYTHONPATH": root,
            "LD_LIBRARY_PATH": os.pathsep.join(filter(None, libraries)),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        }
        self._process = subprocess.Popen(
            command,
            pass_fds=[other.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for who started us
        )
        other.close()
        self._control.settimeout(_WARM_UP)
        try:
            if self._control.recv(100) != b"ready":
                raise HpclabError("The process that runs submissions did not start; see above.")
        except BaseException:
            self._process.kill()
            self.close()
            raise
        return self

    def launcher(
        self, job: str, work: Path, limits: SandboxLimits, *, threads: int = 1, room: int = 0
    ) -> Launch:
        """What starts a fork for `job`: "graded", "timed", or "trusted", which is not confined.

        work: its folder; room: characters of output that are kept of a cell.
        """
        order = {
            "job": job, "work": str(work), "limits": asdict(limits), "threads": threads,
            "room": room,
        }  # fmt: skip

        def launch(wire: int, memory: int) -> Child:
            reader, writer = os.pipe()
            try:
                socket.send_fds(self._control, [json.dumps(order).encode()], [wire, memory, writer])
            finally:
                os.close(writer)
            return _Fork(reader)

        return launch

    def close(self) -> None:
        """End it and its forks."""
        if self._process is not None:
            self._control.close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


class _Fork:
    """A learner's process, and the pipe on which its guard tells its number and its end."""

    def __init__(self, reader: int) -> None:
        self._reader: int | None = reader
        self._said = b""
        self._code: int | None = None
        self.pid = self._next(_FORK)
        try:
            # Not the bare number: it may be another process's by the time it is killed.
            self._pidfd: int | None = os.pidfd_open(self.pid)
        except ProcessLookupError:
            self._pidfd = None

    def wait(self, seconds: float) -> int:
        """See `Child`."""
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(self._next(seconds))
        return self._code

    def kill(self) -> None:
        """See `Child`."""
        if self._reader is None:
            return
        if self._pidfd is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            os.close(self._pidfd)
        try:
            self.wait(_FORK)
        except (TimeoutError, HpclabError):  # the guard is gone, and clears nothing away
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        os.close(self._reader)
        self._reader = None

    def _next(self, seconds: float) -> int:
        """The next number on the pipe."""
        assert self._reader is not None
        while b"\n" not in self._said:
            if not select.select([self._reader], [], [], seconds)[0]:
                raise TimeoutError
            more = os.read(self._reader, 100)
            if not more:
                raise HpclabError("A submission's process could not be confined; see above.")
            self._said += more
        number, _, self._said = self._said.partition(b"\n")
        return int(number)
