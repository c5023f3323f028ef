"""What a workshop's instructor hands out while learners are at work: exercises, and notes.

Both come by files of nbgrader's exchange, which only its owner can write, so that nobody else can
speak to the room; a learner's server looks there, lays what is new, and tells its pages. Outside of
a workshop there is nothing to look at.
"""

import asyncio
import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from hpclab.course import built
from hpclab.learner.folder import prepare

NOTES = "notes.jsonl"
LONGEST = 500  # characters of a note
LOOK_SECONDS = 1.0
_SHOWN = 20  # notes at most
_READ = 65_536  # bytes of the file's end


class Board:
    """The course's folder of the exchange, and the learner's own."""

    def __init__(self, exchange: Path | None, folder: Path | None) -> None:
        self.exchange, self.folder = exchange, folder
        self.notes: list[dict[str, str]] = []
        self.news = 0  # how often there was something new to tell
        self._seen = self._laid = tuple[object, ...]()
        self._stamp = (0, 0)  # of the notes that were read

    @classmethod
    def from_environment(cls, folder: Path | None) -> "Board":
        """The board of the workshop that this server belongs to, if it does."""
        exchange = os.environ.get("HPCLAB_EXCHANGE")
        return cls(Path(exchange) if exchange else None, folder)

    def held(self, lessons: list[str]) -> list[str]:
        """Those whose exercise the instructor has not released yet."""
        if self.exchange is None:
            return []
        return [slug for slug in lessons if not (self.exchange / "outbound" / slug).is_dir()]

    async def follow(self) -> None:
        """Look for as long as the server runs."""
        while True:
            with suppress(OSError):  # a full disk, or the exchange while `up` mends it
                self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Lay what is released since, and read what is said since."""
        if self.exchange is None:
            return
        seen, before = self._outbound(), self._seen
        self._seen = seen
        if seen != before:
            return  # what changes in this moment, say by nbgrader's own release, is laid when done
        if seen != self._laid:
            with suppress(OSError):  # a full disk: tried again, and notes go on
                self._lay()
                self._laid = seen
                self.news += 1
        self.read()

    def _outbound(self) -> tuple[object, ...]:
        """What the instructor has released, by names and times."""
        assert self.exchange is not None
        outbound = self.exchange / "outbound"
        if not theirs(outbound):
            return ()
        found = []
        for entry in sorted(os.scandir(outbound), key=lambda entry: entry.name):
            stat = entry.stat(follow_symlinks=False)
            found.append((entry.name, stat.st_ino, stat.st_mtime_ns))
        return tuple(found)

    def _lay(self) -> None:
        assert self.exchange is not None
        if self.folder is not None and theirs(self.exchange / "outbound"):
            for note in prepare(self.folder, self.exchange / "outbound", built() / "demos"):
                logging.getLogger(__name__).info(note)

    def read(self) -> None:
        """Read what is said since."""
        if self.exchange is None:
            return
        file = self.exchange / NOTES
        try:
            stat = file.lstat()
        except OSError:
            return
        stamp = (stat.st_mtime_ns, stat.st_size)
        if stamp != self._stamp and theirs(file):
            with file.open("rb") as handle:
                handle.seek(max(0, stat.st_size - _READ))
                lines = handle.read(_READ).splitlines()
            self.notes = [note for line in lines if (note := _note(line))][-_SHOWN:]
            self._stamp = stamp
            self.news += 1


def theirs(path: Path) -> bool:
    """Whether `path` belongs to whose folder it lies in, and is no link."""
    try:
        return not path.is_symlink() and path.lstat().st_uid == path.parent.stat().st_uid
    except OSError:
        return False


def _note(line: bytes) -> dict[str, str] | None:
    """A line of the file: `at`, and `text` or `lesson`; None for what is none."""
    try:
        said: Any = json.loads(line)
        kind = "lesson" if "lesson" in said else "text"
        at, text = said["at"], said[kind]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(at, str) or not isinstance(text, str) or len(at) > 40 or len(text) > LONGEST:
        return None
    return {"at": at, kind: text}
