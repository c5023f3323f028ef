"""The learner's folder: exercises and demos laid out, and their work never overwritten."""

import contextlib
import hashlib
import itertools
import json
import os
from pathlib import Path
from typing import Any

from hpclab.errors import HpclabError
from hpclab.learner.progress import STATE, learner_folder, solutions_in

DEFAULT = Path("~/hpclab")


def prepare(folder: Path, release: Path, demos: Path) -> list[str]:
    """Lay exercises and demos into `folder`; return a sentence for each file laid beside.

    A file the learner has not touched follows the course. A notebook that they have worked on
    stays, and the new one is laid beside it as `<name>.new.ipynb`, or under the next free number.
    """
    (folder / STATE).mkdir(parents=True, exist_ok=True)
    ledger = folder / STATE / "delivered.json"
    delivered = _read_ledger(ledger)
    notes = []
    files = {path.relative_to(release): path for path in sorted(release.glob("*/*"))}
    files |= {Path("demos", path.name): path for path in sorted(demos.glob("*.ipynb"))}
    try:
        for name, path in files.items():
            if note := _deliver(path, folder / name, delivered.get(name.as_posix())):
                notes.append(note)
            delivered[name.as_posix()] = _digest(path)
    finally:  # a disk that is full halfway must not make the first half look like their work
        _write(ledger, json.dumps(delivered, indent=1, sort_keys=True).encode())
    return notes


def lay_solutions(folder: Path, solutions: Path) -> None:
    """Bring what `hint` shows when a task is passed or given up; a graded course has none."""
    for path in sorted(solutions.glob("*.json")):
        _write(solutions_in(folder) / path.name, path.read_bytes())


def find_folder(given: Path | None = None) -> Path:
    """The learner's folder: the one given, else the one around here, else `~/hpclab`."""
    folder = given or learner_folder(Path.cwd()) or DEFAULT
    folder = folder.expanduser().resolve()
    if not (folder / STATE).is_dir():
        raise HpclabError(f"{folder} is no learner's folder yet. Run `hpclab learn` first.")
    return folder


def exercises_in(folder: Path) -> list[str]:
    """The slugs of the exercises in a learner's folder."""
    return sorted(path.parent.name for path in folder.glob("*/*.ipynb")
                  if path.stem == path.parent.name)  # fmt: skip


def _deliver(new: Path, mine: Path, delivered: str | None) -> str:
    """Bring one file; a sentence if the learner has another one that must stay."""
    if not mine.exists():
        _write(mine, new.read_bytes())
        return ""
    current, wanted = _digest(mine), _digest(new)
    if current == wanted or wanted == delivered:
        return ""  # up to date, or their work on the newest release
    if current == delivered:
        _write(mine, new.read_bytes())
        return ""
    if mine.suffix != ".ipynb":  # the course's own files; grading takes the course's anyway
        yours = _beside(mine, "old", mine)
        _write(yours, mine.read_bytes())
        _write(mine, new.read_bytes())
        return f"{mine} was changed here; the course's is in its place, yours is {yours.name}."
    beside = _beside(mine, "new", new)
    _write(beside, new.read_bytes())
    return f"{mine} holds your work and stays; the course's new version is {beside.name} beside it."


def _beside(mine: Path, word: str, content: Path) -> Path:
    """`name.word.ext`, or the next number: what stands beside may hold their work too."""
    words = (word if number == 1 else f"{word}-{number}" for number in itertools.count(1))
    places = (mine.with_name(f"{mine.stem}.{word}{mine.suffix}") for word in words)
    return next(p for p in places if not p.exists() or _digest(p) == _digest(content))


def _write(path: Path, data: bytes) -> None:
    """Write beside, then rename: never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    """What a file says. Of a notebook only its cells count: JupyterLab rewrites one on opening."""
    said = path.read_bytes()
    if path.suffix == ".ipynb":
        # What cannot be read is compared byte by byte.
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
            said = json.dumps([_cell(cell) for cell in json.loads(said)["cells"]]).encode()
    return hashlib.sha256(said).hexdigest()


def _cell(cell: dict[str, Any]) -> list[Any]:
    """What of a cell is the author's or the learner's; not its outputs, nor whether it is open."""
    return [cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("nbgrader")]


def _read_ledger(path: Path) -> dict[str, str]:
    """What was delivered; a ledger that cannot be read only makes us more careful."""
    try:
        ledger = json.loads(path.read_text(encoding="utf-8"))
        return ledger if isinstance(ledger, dict) else {}
    except (OSError, ValueError):
        return {}
