"""Two lanes on a machine: many that may run beside each other, or one that is timed alone.

A readers-writer lock on two files per user and machine, so that it holds between any processes:
the threads of one grader, the workers of a cluster, two graders. Who waits for the whole machine
closes the gate behind itself, so that others cannot keep it waiting for ever.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hpclab.errors import HpclabError


@contextmanager
def lane(*, alone: bool, folder: Path | None = None) -> Iterator[None]:
    """Hold the machine for a run: `alone`, or beside others. Waits until it may.

    folder: where the two files stand; by default in the machine's own temporary folder.
    """
    folder = folder or _own_folder()
    how = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    with _held(folder / "room", how, gate=folder / "gate"):
        yield


@contextmanager
def _held(room: Path, how: int, gate: Path) -> Iterator[None]:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    # A handle of its own for each holder: flock belongs to the open file, not to the process.
    at_gate = os.open(gate, flags, 0o600)
    try:
        inside = os.open(room, flags, 0o600)
        try:
            fcntl.flock(at_gate, how)
            fcntl.flock(inside, how)
            if how == fcntl.LOCK_SH:
                fcntl.flock(at_gate, fcntl.LOCK_UN)  # whoever wants to be alone may queue now
            yield
        finally:
            os.close(inside)
    finally:
        os.close(at_gate)


def _own_folder() -> Path:
    folder = Path(tempfile.gettempdir(), f"hpclab-lanes-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise HpclabError(f"{folder} belongs to somebody else; remove it, or set TMPDIR.")
    return folder
