"""A `Runner` in a process of its own, whose clock, memory and freedom are held from outside.

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
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from hpclab.measure.machine import starved, thread_settings, waiting_time
from hpclab.measure.runner import Answer, Arguments, CallFailed, CannotTell
from hpclab.wire import Arrays, Line, Memory, pack, unpack

_KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR")
_START_LIMIT = 120.0  # wall seconds to import the world and run the cells


class ProcessRunner:
    """Calls functions of a notebook's cells, or of a file, in a process of its own.

    `cpu_limit` and `wall_limit` are seconds for one `call`; `memory` is bytes of data beyond what
    Python and Numba take. Beyond a limit the process is killed, and the call is a CallFailed.
    """

    def __init__(
        self,
        source: Sequence[str] | Path,
        *,
        threads: int = 1,
        cpu_limit: float = 30.0,
        wall_limit: float = 300.0,
        memory: int = 2_000_000_000,
    ) -> None:
        self._order: dict[str, Any] = {"memory": memory}
        if isinstance(source, Path):
            self._order["file"] = str(source.resolve())
        else:
            self._order["cells"] = list(source)
        self._threads = threads
        self._cpu_limit, self._wall_limit, self._most = cpu_limit, wall_limit, memory
        self._process: subprocess.Popen[bytes] | None = None
        self.weakness = ""
        self.pid = 0

    def start(self) -> Self:
        """Start the process and load the code; CannotTell on systems other than Linux."""
        if not sys.platform.startswith("linux"):
            raise CannotTell("Timing in a process of its own needs Linux.")
        self._socket, other = socket.socketpair()
        self._line = Line(self._socket, most=0)
        self._memory = Memory(os.memfd_create("hpclab"))
        fds = (other.fileno(), self._memory.fd)
        command = [sys.executable, "-m", "hpclab.measure.worker", *map(str, fds)]
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        root = str(Path(__file__).parents[2])
        environment |= {"PYTHONPATH": root, **thread_settings(self._threads)}
        none = subprocess.DEVNULL
        self._process = subprocess.Popen(
            command, pass_fds=fds, env=environment,
            start_new_session=True, stdin=none, stdout=none, stderr=none,
        )  # fmt: skip
        other.close()
        self.pid = self._process.pid
        self._clock = ~self.pid << 3 | 2  # the CPU clock of a process: clock_getcpuclockid
        if not self._ask(self._order, _START_LIMIT, _START_LIMIT).get("alone"):
            self.weakness = "helper processes could not be forbidden here (no seccomp filter)"
        return self

    def call(self, name: str, calls: Sequence[Arguments], *, path: bool = False) -> list[Answer]:
        """Call `name` with each of `calls`; the arrays of the answers are copies."""
        self._running()
        arrays: Arrays = []
        packed = pack([tuple(args) for args in calls], arrays)
        end = self._memory.put(arrays)
        threads = self._threads_cpu() if path else {}
        order = {"name": name, "calls": packed, "end": end, "path": path}
        reply = self._ask(order, self._cpu_limit, self._wall_limit)
        if "failed" in reply:
            raise _call_failed(reply["failed"])
        now = self._threads_cpu() if path else {}
        used = {thread: cpu - threads.get(thread, 0.0) for thread, cpu in now.items()}
        try:
            afterwards = unpack(packed, self._memory.reader(0, end))
            began = time.thread_time()
            answers = unpack(reply["answers"], self._memory.reader(end, self._most))
            # The main thread copied the results out, which takes about as long as copying them in.
            used[str(self.pid)] = used.get(str(self.pid), 0.0) - (time.thread_time() - began)
            # A path is what the code's own process says; its busiest thread is what we see.
            share = max(1e-9, *used.values()) / len(calls) if path else 0.0
            return [
                Answer(result, max(share, float(own)), args)
                for (result, own), args in zip(answers, afterwards, strict=True)
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise self._gone(f"an answer that makes no sense ({error})") from None

    def freeze(self) -> None:
        """Stop all threads, and wait until they have stopped."""
        process = self._running()
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let all threads go on."""
        process = self._running()
        os.kill(process.pid, signal.SIGCONT)

    def cpu(self) -> float:
        """CPU seconds of the process since it began."""
        try:
            return time.clock_gettime_ns(self._clock) / 1e9
        except OSError:
            raise self._gone(self._end()) from None

    def close(self) -> None:
        """Kill the process, if it is still there, and wait for its end."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._socket.close()
            os.close(self._memory.fd)
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, order: Any, cpu_limit: float, wall_limit: float) -> dict[str, Any]:
        """Send an order and wait for the answer."""
        self._socket.settimeout(wall_limit)
        try:
            self._line.write(order)
        except TimeoutError:
            raise self._gone("the process no longer listens") from None
        except OSError:
            raise self._gone(self._end()) from None
        return self._reply(cpu_limit, wall_limit)

    def _reply(self, cpu_limit: float, wall_limit: float) -> dict[str, Any]:
        """The next message; killed and told where the code takes more than its limits."""
        began, used, waited = time.monotonic(), self.cpu(), waiting_time(self.pid)
        try:
            while not (frames := self._arrived()):
                if self.cpu() - used > cpu_limit:
                    raise self._gone(f"no answer after {cpu_limit:g} s of CPU time")
                if time.monotonic() - began > wall_limit:
                    now = waiting_time(self.pid)
                    late = self._gone(f"no answer within {wall_limit:g} s")
                    if starved(waited, now, wall_limit):
                        raise CannotTell(f"No answer within {wall_limit:g} s: the machine is busy.")
                    raise late
            ((reply, _),) = frames
            return dict(reply)
        except (EOFError, OSError):
            raise self._gone(self._end()) from None
        except (TypeError, ValueError):
            raise self._gone("an answer that makes no sense") from None

    def _arrived(self) -> list[Any]:
        """What has come within a moment."""
        return self._line.read() if select.select([self._socket], [], [], 0.05)[0] else []

    def _threads_cpu(self) -> dict[str, float]:
        """CPU seconds of each thread, where the kernel keeps such books."""
        used = {}
        for file in Path(f"/proc/{self._running().pid}/task").glob("*/schedstat"):
            with contextlib.suppress(OSError, ValueError):
                used[file.parent.name] = int(file.read_text().split()[0]) / 1e9
        return used

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise CallFailed("the process has ended", "It was stopped after an earlier call.")
        return self._process

    def _end(self) -> str:
        """How the process ended, in words."""
        if self._process is None:
            return "the process has ended"
        try:
            code = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return "it closed its connection"
        if code < 0:
            return f"the process died of {signal.Signals(-code).name}"
        return f"the process ended with exit code {code}"

    def _gone(self, got: str) -> CallFailed:
        """Kill what is left and say what happened."""
        self.close()
        return CallFailed(got, "The function has to return, in the process that called it.")


def _call_failed(said: Any) -> CallFailed:
    match said:
        case {"got": str(got), "why": str(why), "stub": bool(stub)}:
            return CallFailed(got, why, stub=stub)
    return CallFailed("an answer that makes no sense", "Leave the process's files alone.")
