"""Code in a process of its own, whose clock, memory and freedom are held from outside; a `Runner`.

Linux only: it needs memfd, the CPU clocks of other processes, and stopping all threads of one.
"""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from hpclab.measure.machine import starved, thread_settings, waiting_time
from hpclab.measure.runner import Answer, Arguments, CallFailed, CannotTell
from hpclab.wire import Arrays, Line, Memory, pack, unpack

KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR")
_START_LIMIT = 120.0  # wall seconds to import the world and run the cells


class Child(Protocol):
    """A process that was launched; `pid` is its number here."""

    pid: int

    def wait(self, seconds: float) -> int:
        """Its exit code, or minus the signal that killed it; TimeoutError if it goes on."""

    def kill(self) -> None:
        """Kill it and all that it started; wait for the end."""


Launch = Callable[[int, int], Child]  # given its ends of the socket and of the shared memory


class Process:
    """Somebody's code in a process that answers orders, held by its clock and by signals.

    What it says may be forged. Beyond a limit, or when it talks nonsense, it is killed, and what
    was asked is a CallFailed.
    """

    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        self._child: Child | None = None
        self.pid = 0

    def start(self) -> Self:
        """Start the process; CannotTell on systems other than Linux."""
        if not sys.platform.startswith("linux"):
            raise CannotTell("Timing in a process of its own needs Linux.")
        self._socket, other = socket.socketpair()
        self._line = Line(self._socket, most=0)
        self.memory = Memory(os.memfd_create("hpclab"))
        try:
            self._child = self._launch(other.fileno(), self.memory.fd)
        finally:
            other.close()
        self.pid = self._child.pid
        self._clock = ~self.pid << 3 | 2  # the CPU clock of a process: clock_getcpuclockid
        return self

    def freeze(self) -> None:
        """Stop all threads, and wait until they have stopped."""
        pid = self.running()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            _wait_until_stopped(pid)

    def thaw(self) -> None:
        """Let all threads go on."""
        os.kill(self.running(), signal.SIGCONT)

    def cpu(self) -> float:
        """CPU seconds of the process since it began."""
        try:
            return time.clock_gettime_ns(self._clock) / 1e9
        except OSError:
            raise self.gone(self._end()) from None

    def close(self) -> None:
        """Kill the process, if it is still there, and wait for its end."""
        if self._child is not None:
            self._child.kill()
            self._socket.close()
            os.close(self.memory.fd)
            self._child = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, order: Any, cpu_limit: float, wall_limit: float) -> dict[str, Any]:
        """Send an order and wait for the answer; limits are seconds."""
        self.running()
        self._socket.settimeout(wall_limit)
        try:
            self._line.write(order)
        except TimeoutError:
            raise self.gone("the process no longer listens") from None
        except OSError:
            raise self.gone(self._end()) from None
        return self._reply(cpu_limit, wall_limit)

    def _reply(self, cpu_limit: float, wall_limit: float) -> dict[str, Any]:
        """The next message; killed and told where the code takes more than its limits."""
        began, used, waited = time.monotonic(), self.cpu(), waiting_time(self.pid)
        try:
            while not (frames := self._arrived()):
                if self.cpu() - used > cpu_limit:
                    raise self.gone(f"no answer after {cpu_limit:g} s of CPU time")
                if time.monotonic() - began > wall_limit:
                    now = waiting_time(self.pid)
                    late = self.gone(f"no answer within {wall_limit:g} s")
                    if starved(waited, now, wall_limit):
                        raise CannotTell(f"No answer within {wall_limit:g} s: the machine is busy.")
                    raise late
            ((reply, _),) = frames
            return dict(reply)
        except (EOFError, OSError):
            raise self.gone(self._end()) from None
        except (TypeError, ValueError):
            raise self.gone("an answer that makes no sense") from None

    def _arrived(self) -> list[Any]:
        """What has come within a moment."""
        return self._line.read() if select.select([self._socket], [], [], 0.05)[0] else []

    def threads_cpu(self) -> dict[str, float]:
        """CPU seconds of each thread, where the kernel keeps such books."""
        used = {}
        for file in Path(f"/proc/{self.running()}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError, ValueError):
                used[file.parent.name] = int(file.read_text().split()[0]) / 1e9
        return used

    def running(self) -> int:
        """The process's number; CallFailed where it has ended."""
        if self._child is None:
            raise CallFailed("the process has ended", "It was stopped after an earlier call.")
        return self.pid

    def _end(self) -> str:
        """How the process ended, in words."""
        if self._child is None:
            return "the process has ended"
        try:
            code = self._child.wait(5)
        except TimeoutError:
            return "it closed its connection"
        if code < 0:
            return f"the process died of {signal.Signals(-code).name}"
        return f"the process ended with exit code {code}"

    def gone(self, got: str) -> CallFailed:
        """Kill what is left and say what happened."""
        self.close()
        return CallFailed(got, "The function has to return, in the process that called it.")


class ProcessRunner(Process):
    """Calls functions of a notebook's cells, or of a file, in a process of its own.

    `cpu_limit` and `wall_limit` are seconds for one `call`; `memory` is bytes of data beyond what
    Python and Numba take. `launch` starts the process, in which `hpclab.measure.worker` works.
    """

    def __init__(
        self,
        source: Sequence[str] | Path,
        *,
        threads: int = 1,
        cpu_limit: float = 30.0,
        wall_limit: float = 300.0,
        memory: int = 2_000_000_000,
        launch: Launch | None = None,
    ) -> None:
        super().__init__(launch or (lambda *fds: _Worker(fds, threads)))
        self._order: dict[str, Any] = {"memory": memory}
        if isinstance(source, Path):
            self._order["file"] = str(source.resolve())
        else:
            self._order["cells"] = list(source)
        self._cpu_limit, self._wall_limit, self._most = cpu_limit, wall_limit, memory
        self.weakness = ""

    def start(self) -> Self:
        """Start the process and load the code; CannotTell on systems other than Linux."""
        super().start()
        if not self.ask(self._order, _START_LIMIT, _START_LIMIT).get("alone"):
            self.weakness = "helper processes could not be forbidden here (no seccomp filter)"
        return self

    def call(self, name: str, calls: Sequence[Arguments], *, path: bool = False) -> list[Answer]:
        """Call `name` with each of `calls`; the arrays of the answers are copies."""
        self.running()
        arrays: Arrays = []
        packed = pack([tuple(args) for args in calls], arrays)
        end = self.memory.put(arrays)
        threads = self.threads_cpu() if path else {}
        order = {"name": name, "calls": packed, "end": end, "path": path}
        reply = self.ask(order, self._cpu_limit, self._wall_limit)
        if "failed" in reply:
            raise _call_failed(reply["failed"])
        now = self.threads_cpu() if path else {}
        used = {thread: cpu - threads.get(thread, 0.0) for thread, cpu in now.items()}
        try:
            afterwards = unpack(packed, self.memory.reader(0, end))
            began = time.thread_time()
            answers = unpack(reply["answers"], self.memory.reader(end, self._most))
            # The main thread copied the results out, which takes about as long as copying them in.
            used[str(self.pid)] = used.get(str(self.pid), 0.0) - (time.thread_time() - began)
            # A path is what the code's own process says; its busiest thread is what we see.
            share = max(1e-9, *used.values()) / len(calls) if path else 0.0
            return [
                Answer(result, max(share, float(own)), args)
                for (result, own), args in zip(answers, afterwards, strict=True)
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise self.gone(f"an answer that makes no sense ({error})") from None


class _Worker:
    """`python -m hpclab.measure.worker`, with an environment of its own."""

    def __init__(self, fds: Sequence[int], threads: int) -> None:
        command = [sys.executable, "-P", "-m", "hpclab.measure.worker", *map(str, fds)]
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        root = str(Path(__file__).parents[2])
        environment |= {"PYTHONPATH": root, **thread_settings(threads)}
        none = subprocess.DEVNULL
        self._process = subprocess.Popen(
            command, pass_fds=tuple(fds), env=environment,
            start_new_session=True, stdin=none, stdout=none, stderr=none,
        )  # fmt: skip
        self.pid = self._process.pid

    def wait(self, seconds: float) -> int:
        """See `Child`."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError from None

    def kill(self) -> None:
        """See `Child`."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


def _wait_until_stopped(pid: int) -> None:
    """Wait until all threads of a process, which need not be our child, stand still or are gone."""
    while True:
        states = set()
        for file in Path(f"/proc/{pid}/task").glob("*/stat"):
            with contextlib.suppress(OSError):
                states.add(file.read_text().rpartition(")")[2].split()[0])
        if states <= {"T", "t", "Z", "X"}:
            return


def _call_failed(said: Any) -> CallFailed:
    match said:
        case {"got": str(got), "why": str(why), "stub": bool(stub)}:
            return CallFailed(got, why, stub=stub)
    return CallFailed("an answer that makes no sense", "Leave the process's files alone.")
