"""The learner's folder: exercises and demos laid out, and their work never overwritten."""

import json
from pathlib import Path

from hpclab.errors import HpclabError
from hpclab.learner.files import digest, free_name, write_file
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
            delivered[name.as_posix()] = digest(path)
    finally:  # a disk that is full halfway must not make the first half look like their work
        write_file(ledger, json.dumps(delivered, indent=1, sort_keys=True).encode())
    return notes


def lay_solutions(folder: Path, solutions: Path) -> None:
    """Bring what `hint` shows when a task is passed or given up; a graded course has none."""
    for path in sorted(solutions.glob("*.json")):
        write_file(solutions_in(folder) / path.name, path.read_bytes())


def choose_folder(given: Path | None = None) -> Path:
    """The learner's folder: the one given, else the one around here, else `~/hpclab`."""
    return (given or learner_folder(Path.cwd()) or DEFAULT).expanduser().resolve()


def find_folder(given: Path | None = None) -> Path:
    """The learner's folder, which must be one already."""
    folder = choose_folder(given)
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
        write_file(mine, new.read_bytes())
        return ""
    current, wanted = digest(mine), digest(new)
    if current == wanted or wanted == delivered:
        return ""  # up to date, or their work on the newest release
    if current == delivered:
        write_file(mine, new.read_bytes())
        return ""
    if mine.suffix != ".ipynb":  # the course's own files; grading takes the course's anyway
        yours = free_name(mine, "old", mine.read_bytes())
        write_file(yours, mine.read_bytes())
        write_file(mine, new.read_bytes())
        return f"{mine} was changed here; the course's is in its place, yours is {yours.name}."
    beside = free_name(mine, "new", new.read_bytes())
    write_file(beside, new.read_bytes())
    return f"{mine} holds your work and stays; the course's new version is {beside.name} beside it."


def _read_ledger(path: Path) -> dict[str, str]:
    """What was delivered; a ledger that cannot be read only makes us more careful."""
    try:
        ledger = json.loads(path.read_text(encoding="utf-8"))
        return ledger if isinstance(ledger, dict) else {}
    except (OSError, ValueError):
        return {}
