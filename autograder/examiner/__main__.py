"""The examiner's process: see `autograder.examiner.client`."""

import os
import select
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from autograder.examiner.assignment import Assignment
from autograder.examiner.client import ExaminerFailed
from autograder.examiner.examine import Checks, Examination
from autograder.examiner.record import left_to_a_person
from autograder.examiner.scratch import scratch, sweep
from autograder.sandbox.client import Zygote
from autograder.sandbox.probe import probe
from hpclab.errors import FileError, HpclabError


def main() -> None:
    """Answer order after order until the other side closes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    line = Connection(int(sys.argv[1]))
    threading.Thread(target=_end_with, args=(line.fileno(),), daemon=True).start()
    sweep()
    with scratch() as folder:
        desk = _Desk(folder)
        try:
            while True:
                line.send(desk.answer(*line.recv()))
        except EOFError:
            pass
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # on the way out already
            desk.close()


def _end_with(fd: int) -> None:
    """End this process, whatever it does, when the other side has closed or was killed.

    Not PR_SET_PDEATHSIG: that signal comes when the *thread* ends that started this process.
    """
    poll = select.poll()
    poll.register(fd, select.POLLRDHUP)
    poll.poll()
    os.kill(os.getpid(), signal.SIGTERM)


class _Desk:
    """What the examiner has before it: a zygote, an assignment and its checks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._zygote: Zygote | None = None
        self._loaded: tuple[Assignment, Checks] | None = None

    def answer(self, what: str, *about: Any) -> Any:
        """The answer to one order; a mistake of the course's is an HpclabError, returned."""
        try:
            return getattr(self, f"_{what}")(*about)
        except HpclabError as error:
            return HpclabError(str(error))
        except Exception as error:
            traceback.print_exc()
            return ExaminerFailed(f"The examiner failed: {type(error).__name__}: {error}")

    def close(self) -> None:
        """End the zygote."""
        if self._zygote:
            self._zygote.close()

    def _start(self, trust: bool) -> str:
        layers = probe()
        if not (layers.safe or trust):
            raise HpclabError(
                f"Nothing here can confine a submission ({layers.describe()}). Grade on a Linux "
                "machine with seccomp or landlock, or, if you trust every submission, say "
                "--trust-submissions."
            )
        self._zygote = Zygote(layers).start()  # before any check is loaded: forks see nothing
        return layers.describe()

    def _load(self, assignment: Assignment) -> None:
        # A folder for each: checks that were loaded from an earlier one may still be called.
        self._loaded = assignment, Checks.load(assignment, self._folder / assignment.digest)

    def _grade(self, submission: Any, timed: bool, earlier: Any) -> Any:
        assert self._zygote
        assert self._loaded
        assignment, checks = self._loaded
        examination = Examination(self._zygote, assignment, checks, submission)
        try:
            return examination.grade(timed=timed, earlier=earlier)
        except FileError as error:  # a check's mistake, which a submission may have brought out
            return left_to_a_person(assignment, str(error))


if __name__ == "__main__":
    main()
