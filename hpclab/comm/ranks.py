"""Starting ranks and ending them: processes where the system can fork, threads elsewhere.

A function from a notebook's cell cannot be imported by a fresh process, hence fork: each rank is a
copy of this process as it is, arguments and all. macOS does not survive a fork once its own
libraries run threads, and Windows has none; there ranks are threads of this process, with copies
of the arguments. A fork has the usual limits: of the threads of this process only the one that
calls `run` exists in a rank, and where GNU OpenMP had been started before (by compiled code with
parallel=True), a rank that starts parallel code is ended by the system.
"""

import contextlib
import copy
import gc
import math
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

from hpclab.errors import HpclabError
from hpclab.wire import Line

Body = Callable[[int, Line, tuple[Any, ...]], None]  # what a rank does: rank, line, arguments


class Processes:
    """Ranks that are forked from this process."""

    how = "processes, forked from this one"

    def __init__(self) -> None:
        self.ends: list[socket.socket] = []  # ours, by rank
        self._pids: list[int] = []

    def start(self, body: Body, args: tuple[Any, ...], timeout: float) -> None:
        """Start the next rank; HpclabError if the system has no room for it."""
        try:
            ours, theirs = socket.socketpair()
            self.ends.append(ours)
            with theirs, warnings.catch_warnings():
                # Python 3.12 warns of forks among threads, which a notebook always has.
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
                if pid == 0:
                    self._be_rank(body, args, theirs, timeout)
            self._pids.append(pid)
        except OSError as error:
            raise HpclabError(
                f"Rank {len(self._pids)} could not be started ({error.strerror}): ask for fewer "
                "ranks, or close other programs."
            ) from None

    def _be_rank(
        self, body: Body, args: tuple[Any, ...], theirs: socket.socket, timeout: float
    ) -> NoReturn:
        """Run in the child, and never return."""
        try:
            # Nothing of the parent's is finalised here: it is the parent's to close or delete.
            gc.freeze()
            for end in self.ends:
                end.close()
            _own_signals(timeout)
            line = Line(theirs)
            sys.stdout = sys.stderr = _Told(line)  # type: ignore[assignment]
            body(len(self._pids), line, args)
        finally:
            os._exit(0)

    def end(self) -> list[int | None]:
        """End and reap all ranks: the exit code of each, negative for a signal."""
        for end in self.ends:
            end.close()
        for pid in self._pids:
            # Where a sandbox forbids signals, a rank ends because its line has, or by its alarm.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        return [_reap(pid) for pid in self._pids]


class Threads:
    """Ranks that are threads of this process; one that never returns stays until it ends."""

    how = "threads of this process, because this system cannot fork it safely"

    def __init__(self) -> None:
        self.ends: list[socket.socket] = []
        self._theirs: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def start(self, body: Body, args: tuple[Any, ...], timeout: float) -> None:
        """Start the next rank, with its own copy of the arguments."""
        ours, theirs = socket.socketpair()
        self.ends.append(ours)
        self._theirs.append(theirs)
        rank = (len(self._threads), Line(theirs), copy.deepcopy(args))
        self._threads.append(threading.Thread(target=body, args=rank, daemon=True))
        self._threads[-1].start()

    def end(self) -> list[int | None]:
        """Close the lines, which ends every rank that uses its own; there are no exit codes."""
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        for thread, end in zip(self._threads, self._theirs, strict=False):
            thread.join(0.2)
            if not thread.is_alive():
                end.close()
        return [None] * len(self._threads)


def kind() -> type[Processes | Threads]:
    """What ranks are on this system."""
    return Processes if sys.platform == "linux" else Threads


def _own_signals(timeout: float) -> None:
    """Take the parent's handlers off, and end with the run even if the parent is gone."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted, and ends the ranks
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(math.ceil(timeout) + 5)


def _reap(pid: int) -> int | None:
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:  # someone else waits for all children of this process
        return None


class _Told:
    """A rank's stdout and stderr: whole lines, told to the parent."""

    encoding = "utf-8"

    def __init__(self, line: Line) -> None:
        self._line, self._text = line, ""

    def write(self, text: str) -> int:
        self._text += text
        if "\n" in text:
            self.flush()
        return len(text)

    def flush(self) -> None:
        text, self._text = self._text, ""
        if text:
            self._line.write(["print", text])

    def isatty(self) -> bool:
        return False
