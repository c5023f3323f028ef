"""An examiner: a process that holds the hidden checks, and a zygote for the learners' code."""

import contextlib
import os
import socket
import subprocess
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

import hpclab
from autograder.examiner.assignment import Assignment
from autograder.examiner.record import Record
from autograder.examiner.submission import Submission
from hpclab.errors import HpclabError


class ExaminerFailed(HpclabError):
    """The examiner ended, or failed, at a submission: a new one may fare better with it."""


class Examiner:
    """Grades submissions one after the other. Not to be shared by threads.

    `trust`: grade even where nothing here can confine the code that is graded. `layers`: what
    confines it, in words; "" until the first submission. The process starts with the first.
    """

    def __init__(self, *, trust: bool = False) -> None:
        self._trust = trust
        self._process: subprocess.Popen[bytes] | None = None
        self._known = ""
        self.layers = ""

    def examine(
        self,
        assignment: Assignment,
        submission: Submission,
        *,
        timed: bool = True,
        earlier: Record | None = None,
    ) -> Record:
        """Grade a submission; HpclabError where the course's own files stop it; ExaminerFailed.

        With `timed=False`, checks that time are put off, and named in the record's `waiting`;
        `earlier`, that record, is completed by a second call.
        """
        self._start()
        if self._known != assignment.digest:
            self._known = ""
            self._ask("load", assignment)
            self._known = assignment.digest
        record = self._ask("grade", submission, timed, earlier)
        assert isinstance(record, Record)
        return record

    def begin(self) -> None:
        """Start the process, without waiting until it is ready."""
        if self._process is None:
            self._spawn()
            self._tell("start", self._trust)

    def close(self) -> None:
        """End the process, and all that it started."""
        if self._process is not None:
            self._line.close()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End what it is at, from another thread: `examine` fails there."""
        if process := self._process:
            process.terminate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        self.begin()
        if not self.layers:
            try:
                self.layers = str(self._answer())
            except HpclabError:
                self.close()
                raise

    def _spawn(self) -> None:
        if not sys.platform.startswith("linux"):
            raise HpclabError(
                "Submissions are graded on Linux alone, which can confine them: use a Linux "
                f"machine, a container or WSL (this is {sys.platform})."
            )
        mine, other = socket.socketpair()
        command = [sys.executable, "-P", "-m", "autograder.examiner", str(other.fileno())]
        root = str(Path(hpclab.__file__).parents[1])
        self._process = subprocess.Popen(
            command, pass_fds=[other.fileno()], stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": root}, start_new_session=True,
        )  # fmt: skip
        other.close()
        self._line = Connection(mine.detach())
        self._known = self.layers = ""

    def _ask(self, *order: Any) -> Any:
        """Both ends are ours, and so is what they send: what a learner wrote is text in it."""
        self._tell(*order)
        return self._answer()

    def _tell(self, *order: Any) -> None:
        with contextlib.suppress(OSError):  # an end that is gone has no answer either
            self._line.send(order)

    def _answer(self) -> Any:
        try:
            answer = self._line.recv()
        except (OSError, EOFError):
            with contextlib.suppress(OSError):
                self.close()
            raise ExaminerFailed("The examiner's process ended; see above.") from None
        if isinstance(answer, HpclabError):
            raise answer
        return answer
