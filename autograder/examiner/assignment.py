"""An assignment as the instructor wrote it: the truth that submissions are graded against."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpclab.checks.language import CHECKS_FILE
from hpclab.checks.limits import DEFAULT, Limits
from hpclab.errors import HpclabError

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

Cell = dict[str, Any]


@dataclass(frozen=True)
class Assignment:
    """One notebook of an assignment, and all that grading it takes.

    cells: the instructor's notebook in JSON, solutions taken out, hidden tests still in; files:
    what lies beside it, by relative path; hidden: the text of the hidden checks, "" where there are
    none; seed: of the checks' random inputs; limits: what a check may take that says nothing else.
    """

    name: str
    notebook: str
    cells: list[Cell]
    files: dict[str, bytes] = field(default_factory=dict)
    hidden: str = ""
    seed: int = 0
    limits: Limits = DEFAULT

    @property
    def public(self) -> str:
        """The text of the public checks; "" in an assignment written for stock nbgrader."""
        return self.files.get(CHECKS_FILE, b"").decode()

    @cached_property
    def digest(self) -> str:
        """One name for all of the above: another when anything of it is another."""
        files = {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}
        parts = [self.name, self.notebook, self.cells, files, self.hidden, self.seed]
        return digest_of([*parts, asdict(self.limits)])

    def solutions(self) -> dict[str, Cell]:
        """The cells that a learner fills in, by grade_id."""
        found = {grade_id(cell): cell for cell in self.cells}
        return {name: cell for name, cell in found.items() if name and mark(cell)["solution"]}


def mark(cell: Cell) -> dict[str, Any]:
    """nbgrader's mark of a cell of the instructor's notebook; all False where it has none."""
    unmarked = {"grade": False, "solution": False, "locked": False, "task": False}
    return {**unmarked, **cell.get("metadata", {}).get("nbgrader", {})}


def grade_id(cell: Cell) -> str:
    """nbgrader's name of a cell, or ""."""
    return str(mark(cell).get("grade_id", ""))


def digest_of(value: Any) -> str:
    """SHA-256 of a value's JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def load_assignment(
    source: Path,
    gradebook: "Gradebook",
    *,
    hidden: Path | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT,
    ignore: Sequence[str] = (),
) -> list[Assignment]:
    """The notebooks of the assignment in the folder `source` that the gradebook knows.

    Cells that nbgrader manages are taken from the gradebook, as OverwriteCells does; the others
    from the notebook. `hidden` is the file of hidden checks, if there is one. HpclabError where
    there is no such assignment.
    """
    # Here, because an examiner needs none of it, and it takes seconds to import.
    from nbgrader.api import MissingEntry
    from nbgrader.utils import find_all_files

    name = source.name
    files = {
        str(path.relative_to(source)): path.read_bytes()
        for path in map(Path, find_all_files(str(source), [*ignore, "*.ipynb"]))
    }
    secret = hidden.read_text(encoding="utf-8") if hidden and hidden.is_file() else ""
    found = []
    for path in sorted(source.glob("*.ipynb")):
        try:
            cells = list(_cells(path, gradebook, name))
        except MissingEntry:
            continue
        found.append(Assignment(name, path.stem, cells, files, secret, seed, limits))
    if not found:
        known = ", ".join(one.name for one in gradebook.assignments) or "none"
        raise HpclabError(
            f"There is no assignment '{name}' that the gradebook knows (it knows: {known}). "
            f"Expected {source}/*.ipynb and `nbgrader generate_assignment {name}`."
        )
    return found


def _cells(path: Path, gradebook: "Gradebook", assignment: str) -> Iterator[Cell]:
    known = {
        cell.name: cell for cell in gradebook.find_notebook(path.stem, assignment).source_cells
    }
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        cell = {**cell, "source": text_of(cell)}
        if stored := known.get(grade_id(cell)):
            cell["source"] = stored.source
            cell["metadata"]["nbgrader"] |= {
                "checksum": stored.checksum,
                "locked": stored.locked,
            }
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
        yield cell


def text_of(cell: Cell) -> str:
    """A cell's text, which notebooks keep as one string or as lines; "" where it is neither."""
    source = cell.get("source", "")
    lines = [source] if isinstance(source, str) else source
    if isinstance(lines, list) and all(isinstance(line, str) for line in lines):
        return "".join(lines)
    return ""
