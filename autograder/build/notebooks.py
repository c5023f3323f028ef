"""`exercise.py`, a percent script with short tags, becomes nbgrader's source notebook."""

import hashlib
import re
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell

from autograder.build.percent import read_percent
from hpclab.checks.language import Check
from hpclab.errors import FileError

_TAGS = {"task", "check", "essay", "points"}
_CHECK = 'from hpclab import check\n\ncheck("{task}")'
_HIDDEN = """\
# When this notebook is graded, {what} here. Until then this cell does nothing.
from hpclab import check

check("{task}", hidden=True)"""


def read_script(path: Path) -> Any:
    """The notebook of a percent script; text that is not UTF-8 is a FileError."""
    try:
        return read_percent(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise FileError(path, None, f"expected UTF-8 text: {error}") from None


def tasks_in(path: Path) -> list[str]:
    """The task ids of an exercise in order, after checking its tags."""
    tasks: list[str] = []
    checked: list[str] = []
    for cell in read_script(path).cells:
        tags = dict(cell.metadata)
        line = _line_of_cell(path, tags)
        _check_tags(path, line, tags)
        if "task" in tags:
            _check_task(path, line, tags["task"], tasks, cell.source)
            tasks.append(tags["task"])
        if "check" in tags:
            if tags["check"] not in tasks or tags["check"] in checked:
                given = f"(given: {tags['check']!r})"
                raise FileError(path, line, f"check: expected a task above, once only {given}")
            checked.append(tags["check"])
    for task in tasks:
        if task not in checked:
            line = _line_of_cell(path, {"task": task})
            expected = f'expected a cell `# %% check="{task}"` below'
            raise FileError(path, line, f"task '{task}': {expected}")
    if not tasks:
        raise FileError(path, None, 'expected at least one cell `# %% task="name"`')
    return tasks


def _check_tags(path: Path, line: int | None, tags: dict[str, Any]) -> None:
    """Only the known tags, and those that belong together."""
    for tag in tags.keys() - _TAGS:
        expected = 'expected task="...", check="..." or essay="..." points=...'
        raise FileError(path, line, f"{tag}: unknown in `# %%`; {expected}")
    if ("essay" in tags) != ("points" in tags):
        raise FileError(path, line, 'essay: expected essay="id" points=number together')


def _check_task(path: Path, line: int | None, task: Any, tasks: list[str], source: str) -> None:
    """A task is named after its function, once, and has a solution to take out."""
    if not str(task).isidentifier() or task in tasks:
        given = f"(given: {task!r})"
        raise FileError(path, line, f"task: expected its function's name, once only {given}")
    if "### BEGIN SOLUTION" not in source or "### END SOLUTION" not in source:
        expected = "expected a solution between ### BEGIN SOLUTION and ### END SOLUTION"
        raise FileError(path, line, f"task '{task}': {expected}")


def source_notebook(path: Path, public: list[Check], hidden: list[Check]) -> Any:
    """The instructor's notebook: solutions inside, and the grade cells for each check tag."""
    notebook = read_script(path)
    cells: list[Any] = []
    for cell in notebook.cells:
        tags, cell.metadata = dict(cell.metadata), nbformat.from_dict({})
        if "task" in tags:
            cells.append(_mark(cell, tags["task"], solution=True))
        elif "essay" in tags:
            cells.append(_mark(cell, tags["essay"], solution=True, points=float(tags["points"])))
        elif "check" in tags:
            cells += _grade_cells(tags["check"], public, hidden)
        else:
            cells.append(cell)
    notebook.cells = cells
    give_ids(notebook)
    return notebook


def give_ids(notebook: Any) -> None:
    """Cell ids that a rebuild repeats: the grade_id, or else a hash of the content."""
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        content = f"{cell.cell_type}\n{cell.source}".encode()
        default = hashlib.sha256(content).hexdigest()[:12]
        name = cell.metadata.get("nbgrader", {}).get("grade_id", default)
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"


def as_text(notebook: Any) -> str:
    """A notebook's file content, the same bytes for the same notebook."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def _grade_cells(task: str, public: list[Check], hidden: list[Check]) -> list[Any]:
    """The locked cells that nbgrader reads points from: public checks, then hidden ones."""
    points = sum(check.points for check in public if check.task == task)
    cells = [_mark(new_code_cell(_CHECK.format(task=task)), f"{task}-check", points=points)]
    mine = [check for check in hidden if check.task == task]
    if mine:
        points = sum(check.points for check in mine)
        worth = f"({points:g} point{'s' if points != 1 else ''})"
        many = len(mine) > 1
        what = f"{len(mine)} further check{'s' if many else ''} {worth} run{'' if many else 's'}"
        text = _HIDDEN.format(task=task, what=what)
        cells.append(_mark(new_code_cell(text), f"{task}-hidden", points=points))
    return cells


def _mark(cell: Any, grade_id: str, solution: bool = False, points: float | None = None) -> Any:
    """Give a cell nbgrader's metadata."""
    mark = {
        "grade": points is not None,
        "grade_id": grade_id,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if points is not None:
        mark["points"] = points
    cell.metadata["nbgrader"] = mark
    return cell


def _line_of_cell(path: Path, tags: dict[str, Any]) -> int | None:
    """The line of the cell marker that carries these tags."""
    wanted = [re.escape(str(value)) for value in tags.values()]
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("# %%") and wanted and all(re.search(w, line) for w in wanted):
            return number
    return None
