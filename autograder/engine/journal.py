"""The journal of grading: each result is on disk before anybody hears of it.

`<course>/grading/<assignment>.jsonl` has one line an event, appended and never rewritten: what came
of running a notebook, under the name of its content, checks and environment; and which of these
stand in which gradebook. After a kill -9 the same command reads it and goes on from there.
"""

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from autograder.examiner.record import Record
from hpclab.errors import HpclabError

FOLDER = "grading"
_FORMAT = 1


@dataclass(frozen=True)
class Saved:
    """A submission as it was written to a gradebook.

    key, content: names of the result and of what was handed in; checks: of the checks and the
    environment; parts: the keys of the results of its notebooks, by name; score, of: points.
    """

    student: str
    gradebook: str
    key: str
    content: str
    checks: str
    parts: dict[str, str]
    score: float
    of: float


class Journal:
    """One assignment's journal, open for appending."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records: dict[str, Record] = {}
        self._saved: dict[tuple[str, str], list[Saved]] = {}
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._read()

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def keep(self, key: str, record: Record) -> None:
        """Keep what came of a run; on disk when this returns."""
        self._append({"event": "ran", "key": key, "record": record.to_json()})
        os.fsync(self._handle)
        self.records[key] = record

    def keep_saved(self, saved: Saved) -> None:
        """Keep that a submission stands in the gradebook. Lost, it is written there once more."""
        self._append({"event": "saved", **asdict(saved)})
        self._saved.setdefault((saved.student, saved.gradebook), []).append(saved)

    def reopen(self, saved: Saved) -> None:
        """Forget a submission's last results, so that it is run again."""
        event = {"event": "reopened", **asdict(saved)}
        self._append(event)
        self._take(event)

    def saved(self, student: str, gradebook: str) -> list[Saved]:
        """What was written of a learner's submissions to a gradebook, oldest first."""
        return self._saved.get((student, gradebook), [])

    def _append(self, event: dict[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": now, **event}).encode() + b"\n"
        while line:  # a full disk takes a part, and then says so
            line = line[os.write(self._handle, line) :]

    def _read(self) -> None:
        with open(self._handle, "rb", closefd=False) as file:
            lines = file.read().split(b"\n")
        if torn := lines.pop():  # the line that a crash cut off
            os.ftruncate(self._handle, os.fstat(self._handle).st_size - len(torn))
        if not lines:
            self._begin()
            return
        events = [self._event(line) for line in lines]
        form = events[0].get("format")
        if form != _FORMAT:
            raise HpclabError(
                f"{self.path} has the format {form!r}; this hpclab writes {_FORMAT!r}. Use the "
                "version that wrote it, or move it away: then all is graded afresh."
            )
        for event in events:
            with contextlib.suppress(KeyError, TypeError, ValueError):  # such a one is run again
                self._take(event)

    def _begin(self) -> None:
        self._append({"event": "journal", "format": _FORMAT})
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)  # a file's name is on disk when its folder is
        finally:
            os.close(folder)

    def _event(self, line: bytes) -> dict[str, Any]:
        try:
            event = json.loads(line)
        except ValueError:  # a disk that lost power may leave anything in a line
            return {}
        return event if isinstance(event, dict) else {}

    def _take(self, event: dict[str, Any]) -> None:
        kind = event.pop("event", "")
        event.pop("at", None)
        if kind == "ran":
            self.records[event["key"]] = Record.from_json(event["record"])
        elif kind == "saved":
            saved = Saved(**event)
            self._saved.setdefault((saved.student, saved.gradebook), []).append(saved)
        elif kind == "reopened":
            saved = Saved(**event)
            self._saved[saved.student, saved.gradebook].remove(saved)
            for key in saved.parts.values():
                self.records.pop(key, None)


@contextmanager
def only_grader(course: Path) -> Iterator[None]:
    """Hold a course, so that no second grader works on it; HpclabError says who has it."""
    path = course / FOLDER / "lock"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A record lock, unlike flock, is not inherited: it ends with this process, and also over NFS.
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            who = file.read().strip() or "somebody"
            raise HpclabError(
                f"{course} is being graded already, by {who}. Wait until that ends, or stop it."
            ) from None
        file.truncate(0)
        file.write(
            f"{psutil.Process().username()} on {socket.gethostname()} (process {os.getpid()})\n"
        )
        file.flush()
        yield
