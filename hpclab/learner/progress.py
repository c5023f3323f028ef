"""`progress.jsonl`: one line an event, appended, never rewritten; all that is shown is folded
from it."""

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpclab.checks.report import Report

STATE = ".hpclab"


class Progress:
    """The events of one learner's folder; with no folder, nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self.file = folder / STATE / "progress.jsonl" if folder else None

    def record(self, event: str, **fields: Any) -> None:
        """Append an event. A full or read-only disk costs the event, not the learner's work."""
        if self.file is None:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": now, "event": event, **fields}, ensure_ascii=False)
        try:
            handle = os.open(self.file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, _newline_if_torn(handle) + line.encode() + b"\n")
            finally:
                os.close(handle)
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
        if self.file is None or not self.file.is_file():
            return
        for line in self.file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and "event" in event:
                yield event

    def verdicts(self, lesson: str) -> dict[str, str]:
        """The last verdict of each task of a lesson."""
        return {
            event["task"]: event["verdict"]
            for event in self.events()
            if event["event"] == "try" and event.get("lesson") == lesson
        }


def progress(start: Path) -> Progress:
    """The progress of the learner's folder at or above `start`."""
    return Progress(learner_folder(start))


def learner_folder(start: Path) -> Path | None:
    """The nearest folder at or above `start` that `hpclab learn` prepared, or None."""
    for folder in (start, *start.parents):
        if (folder / STATE).is_dir():
            return folder
    return None


def _newline_if_torn(handle: int) -> bytes:
    """A newline where the last write did not get as far as its own."""
    size = os.lseek(handle, 0, os.SEEK_END)
    if size == 0:
        return b""
    os.lseek(handle, size - 1, os.SEEK_SET)
    return b"" if os.read(handle, 1) == b"\n" else b"\n"
