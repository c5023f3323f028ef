"""`progress.jsonl`: one line an event, appended, never rewritten; all that is shown is folded
from it."""

import errno
import json
import math
import os
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from hpclab.checks.report import Report

STATE = ".hpclab"
LOCK_SECONDS = 2.0  # more than any writer takes; one that hangs must not hang us


class Progress:
    """The events of one learner's folder; with no folder, they last as long as the process."""

    def __init__(self, folder: Path | None) -> None:
        self.file = folder / STATE / "progress.jsonl" if folder else None

    def record(self, event: str, **fields: Any) -> None:
        """Append an event. What a full disk refuses is written with the next event."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        made = {"at": now, "event": event, **fields}
        if self.file is None:
            _homeless.append(made)
            return
        waiting = _unwritten.setdefault(self.file, [])
        waiting.append(json.dumps(made, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        try:
            _append(self.file, waiting)
        except OSError as error:
            print(f"Progress was not kept in {self.file}: {error.strerror}.", file=sys.stderr)

    def record_try(self, lesson: str, report: "Report") -> None:
        """A learner's run of a task's checks."""
        self.record(
            "try",
            lesson=lesson,
            task=report.task,
            verdict=str(report.verdict),
            earned=report.earned,
            points=report.points,
            checks={result.name: str(result.verdict) for result in report.results},
        )

    def events(self) -> Iterator[dict[str, Any]]:
        """All events that can be read, oldest first; a line torn by a crash is passed over."""
        if self.file is None:
            yield from _homeless
            return
        try:
            lines = self.file.read_bytes().split(b"\n")  # and nowhere else: text may hold U+2028
        except OSError:  # nothing yet, or nothing for us
            return
        for line in lines:
            try:
                text = line.decode("utf-8", "replace")
                event = json.loads(text, parse_float=_number, parse_constant=_number)
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict) and "event" in event:
                yield event

    def erase(self) -> None:
        """Take all events away; who is about to append one goes on in the same, empty file."""
        if self.file is None or not self.file.exists():
            return
        _unwritten.pop(self.file, None)
        handle = os.open(self.file, os.O_RDWR)
        try:
            _lock(handle)
            os.ftruncate(handle, 0)
        finally:
            os.close(handle)


def progress(start: Path) -> Progress:
    """The progress of the learner's folder at or above `start`."""
    return Progress(learner_folder(start))


def solutions_in(folder: Path) -> Path:
    """Where a self-paced learner's folder keeps the course's solutions, `<slug>.json` each."""
    return folder / STATE / "solutions"


def learner_folder(start: Path) -> Path | None:
    """The nearest folder at or above `start` that `hpclab learn` prepared, or None."""
    for folder in (start, *start.parents):
        if (folder / STATE).is_dir():
            return folder
    return None


# What could not be written yet, and what has no file to go to.
_unwritten: dict[Path, list[bytes]] = {}
_homeless: list[dict[str, Any]] = []


def _number(text: str) -> float | None:
    """A number of JSON; None for NaN and infinity, which no page could read again."""
    value = float(text)
    return value if math.isfinite(value) else None


def _append(file: Path, lines: list[bytes]) -> None:
    """Write all `lines` at the end of `file`, and take away those that are there."""
    handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        _lock(handle)
        while lines:
            line = _newline_if_torn(handle) + lines[0]
            if os.write(handle, line) < len(line) - 1:  # the disk is full: what is there stays torn
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            del lines[0]
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    """Wait for another process that writes; on a network disk, appending alone is not safe.

    Where nothing can be locked (Lustre without `flock`, Windows), appending has to do.
    """
    if fcntl is None:
        return
    until = time.monotonic() + LOCK_SECONDS
    while time.monotonic() < until:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(0.005)
        except OSError:
            return


def _newline_if_torn(handle: int) -> bytes:
    """A newline where the last write did not get as far as its own."""
    size = os.lseek(handle, 0, os.SEEK_END)
    if size == 0:
        return b""
    os.lseek(handle, size - 1, os.SEEK_SET)
    return b"" if os.read(handle, 1) == b"\n" else b"\n"
