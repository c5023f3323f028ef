"""A submission: the text of the cells that the learner was to fill in, and nothing else.

What is read here was written by somebody who may mean harm. Nothing in it is followed, executed or
trusted: no links, no metadata but the names of cells, no size that is not bounded.
"""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from autograder.examiner.assignment import Assignment, Cell, digest_of, grade_id, text_of
from hpclab.errors import HpclabError

LARGEST = 64 << 20  # bytes of a notebook
_TEXT = 1_000_000  # characters of all cells that were to be filled in
_VALUES = 4_000_000  # in the notebook's JSON: each takes some 100 bytes of memory
_FILES, _FILE_BYTES = 200, 64 << 20  # of what lies beside it, all together


class Unreadable(HpclabError):
    """There is no submission that could be graded; the text says why, and what to do."""

    def __init__(self, why: str) -> None:
        super().__init__(_printable(why))


@dataclass(frozen=True)
class Submission:
    """What a learner handed in for one notebook.

    cells: the text of solution cells by grade_id; extra: how many code cells of the learner's own
    there are, which are not run; notes: sentences for the report. Only assignments that were
    written for stock nbgrader get to see the rest: own: such cells, which are run there, by the
    grade_id of the cell that they stand before, "" at the end; files: what lies beside it.
    """

    student: str
    cells: dict[str, str]
    extra: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    timestamp: str = ""
    own: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """One name for the content, whoever handed it in."""
        files = {name: data.hex() for name, data in self.files.items()}
        return digest_of([self.cells, self.own, files])


def read_submission(folder: Path, student: str, assignment: Assignment) -> Submission:
    """What `student` left in `folder` (submitted/<student>/<assignment>) for this notebook.

    Unreadable where there is nothing, or nothing that could be graded.
    """
    path, note = _find(folder, assignment)
    cells = _read_cells(path)
    names = assignment.solutions()
    known = {grade_id(cell) for cell in assignment.cells} - {""}
    ours = {text_of(cell).strip() for cell in assignment.cells} | {""}
    texts: dict[str, str] = {}
    own: dict[str, list[str]] = {}
    waiting: list[str] = []
    for cell in cells:
        name = _name(cell)
        if name in names:
            texts[name] = _whole(text_of(cell))  # of two of one name the last, as in nbgrader
        if name in known:
            own.setdefault(name, []).extend(waiting)
            waiting = []
        elif cell.get("cell_type") == "code" and text_of(cell).strip() not in ours:
            waiting.append(_whole(text_of(cell)))
    own[""] = waiting
    if names and not texts:
        raise Unreadable(
            f"{path} has none of the cells that were to be filled in ({', '.join(names)}). "
            "Was another notebook handed in under this name?"
        )
    extra = sum(map(len, own.values()))
    own = {} if assignment.public else own
    if sum(map(len, [*texts.values(), *chain(*own.values())])) > _TEXT:
        raise Unreadable(
            f"The cells of {path} are too long; expected at most {_TEXT:,} characters."
        )
    notes = tuple(map(_printable, note))
    files = {} if assignment.public else dict(_files(folder))
    stamp = folder / "timestamp.txt"
    timestamp = stamp.read_text(errors="replace")[:80].strip() if _regular(stamp) else ""
    return Submission(student, texts, extra, files, notes, timestamp, own)


def _find(folder: Path, assignment: Assignment) -> tuple[Path, list[str]]:
    """The notebook's file, under another name if need be; no links on the way."""
    path = folder / f"{assignment.notebook}.ipynb"
    for place in (folder, folder.parent):
        if place.is_symlink():
            raise Unreadable(f"{place} is a link; expected a folder that was handed in.")
    if path.is_symlink() or (path.exists() and not _regular(path)):
        raise Unreadable(f"{path} is no plain file; expected a notebook that was handed in.")
    if path.exists():
        return path, []
    others = [other for other in sorted(folder.glob("*.ipynb")) if _regular(other)]
    if len(others) == 1:
        return others[0], [f"The notebook was handed in as {others[0].name}."]
    raise Unreadable(f"There is no {path}; expected one notebook of that name.")


def _read_cells(path: Path) -> list[Cell]:
    size = path.stat().st_size
    if size > LARGEST:
        raise Unreadable(
            f"{path} has {size:,} bytes; expected at most {LARGEST:,}. Clear its outputs, and hand "
            "it in again."
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
        if sum(map(text.count, ",[{")) > _VALUES:
            raise ValueError(f"more than {_VALUES:,} values")
        notebook = json.loads(text)
        if "worksheets" in notebook:  # nbformat 3
            return [_upgraded(cell) for sheet in notebook["worksheets"] for cell in sheet["cells"]]
        cells = notebook["cells"]
        if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
            raise TypeError("its cells are no list of cells")
        return cells
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        problem = f"{type(error).__name__}: {error}"
        raise Unreadable(f"{path} is not a notebook that can be read ({problem[:200]}).") from None


def _upgraded(cell: Cell) -> Cell:
    return {**cell, "source": cell.get("input", cell.get("source", ""))}


def _name(cell: Any) -> str:
    """The grade_id that a cell claims; "" where it claims none, or nonsense."""
    metadata = cell.get("metadata")
    claimed = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = claimed.get("grade_id") if isinstance(claimed, dict) else None
    return name if isinstance(name, str) else ""


def _whole(text: str) -> str:
    """The text without halves of characters, which JSON can hold and no file and no compiler."""
    return text.encode(errors="replace").decode()


def _printable(text: str) -> str:
    """The text without what could command a terminal, for sentences that name a file."""
    return "".join(one if one.isprintable() else "?" for one in text)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Plain files beside the notebooks, links left out, up to a number and a size."""
    room, count = _FILE_BYTES, 0
    for base, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            path = Path(base, name)
            if name.endswith(".ipynb") or not _regular(path):
                continue
            room, count = room - path.stat().st_size, count + 1
            if room < 0 or count > _FILES:
                raise Unreadable(
                    f"{folder} has too many files beside the notebook, or too large ones; expected "
                    f"at most {_FILES} of {_FILE_BYTES:,} bytes together."
                )
            yield str(path.relative_to(folder)), path.read_bytes()


def _regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
