"""Folders for a while: gone at the end, and after a kill -9 with the next examiner."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "hpclab-grading-"
_YOUNG = 60.0  # s; a folder may not be locked yet


@contextmanager
def scratch(mode: int = 0o700) -> Iterator[Path]:
    """A new folder in the machine's temporary one, for as long as this lasts."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    folder.chmod(mode)
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # says to `sweep`: in use
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def sweep() -> None:
    """Remove the folders of examiners that were killed; those of others are left alone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_DIRECTORY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - os.fstat(handle).st_mtime > _YOUNG:
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
