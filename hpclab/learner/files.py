"""Files that may hold a learner's work: told apart, named beside one another, written whole."""

import contextlib
import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

Stamp = tuple[int, int, int]  # another one after each save: time, size, inode
NOWHERE: Stamp = (0, 0, 0)


def stamp(path: Path) -> Stamp:
    """What tells a file from the same file after a save; an editor may rename a new one there."""
    try:
        found = path.stat()
    except OSError:
        return NOWHERE
    return found.st_mtime_ns, found.st_size, found.st_ino


def write_file(path: Path, data: bytes, last: Callable[[], None] = lambda: None) -> Stamp:
    """Write beside, then rename: never half a file. The stamp of what was written.

    `last` is called just before the rename; what it raises leaves the old file alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        with contextlib.suppress(OSError):  # there is none yet, or it is another's
            shutil.copymode(path, beside)
        written = stamp(beside)
        last()
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return written


def free_name(mine: Path, word: str, content: bytes) -> Path:
    """`name.word.ext`, or the next number: what stands beside may hold their work too.

    A file that says the same as `content` already may be taken.
    """
    words = (word if number == 1 else f"{word}-{number}" for number in itertools.count(1))
    places = (mine.with_name(f"{mine.stem}.{word}{mine.suffix}") for word in words)
    return next(p for p in places if not p.exists() or digest(p) == digest(p, content))


def digest(path: Path, content: bytes | None = None) -> str:
    """What a file says, or would with `content`.

    Of a notebook only its cells count: JupyterLab rewrites one on opening.
    """
    said = path.read_bytes() if content is None else content
    if path.suffix == ".ipynb":
        # What cannot be read is compared byte by byte.
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
            said = json.dumps([_cell(cell) for cell in json.loads(said)["cells"]]).encode()
    return hashlib.sha256(said).hexdigest()


def _cell(cell: dict[str, Any]) -> list[Any]:
    """What of a cell is the author's or the learner's; not its outputs, nor whether it is open."""
    return [cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("nbgrader")]
