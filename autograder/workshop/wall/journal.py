"""The wall's one file: a line an event, appended before anybody is told that it has arrived."""

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any


class Journal:
    """The events in `file`, which is this process's alone."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._handle = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        size = os.fstat(self._handle).st_size
        self._torn = size > 0 and os.pread(self._handle, 1, size - 1) != b"\n"

    def events(self) -> Iterator[dict[str, Any]]:
        """All events, oldest first; a line torn by a crash is passed over."""
        for line in self.file.read_bytes().split(b"\n"):
            try:
                event = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict):
                yield event

    def append(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Keep all of them; an OSError where the disk is full, and then none counts as kept."""
        text = "".join(json.dumps(event, separators=(",", ":")) + "\n" for event in events)
        data = b"\n" * self._torn + text.encode()
        if text:
            self._torn = True
            if os.write(self._handle, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._torn = False

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)
