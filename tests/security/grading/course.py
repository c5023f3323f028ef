"""A course of one exercise with two tasks, and what tests of grading do with it.

`double` is the task that attacks are made on; `total` stands below it in the same notebook, and is
honest work unless a test says otherwise.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade, is_grade

from autograder.build.make import build
from autograder.examiner.assignment import Assignment, load_assignment
from autograder.examiner.client import Examiner
from autograder.examiner.record import Record, graded_notebook
from autograder.examiner.submission import Submission, read_submission
from hpclab.checks.limits import Limits
from hpclab.course import Course
from tests.content.conftest import make_mini

SECRET = "a-word-that-only-hidden-checks-know"
LIMITS = Limits(wall=20, cpu=20, memory=1e9, output=2_000, processes=16, notebook=90)
EXERCISE = '''\
# %%
import numpy as np

# %% task="double"
def double(x, out):
    """out[i] = 2 * x[i]."""
    ### BEGIN SOLUTION
    out[:] = 2.0 * x
    ### END SOLUTION

# %% check="double"
# %% task="total"
def total(x):
    """The sum of all x[i], a float."""
    ### BEGIN SOLUTION
    return float(x.sum())
    ### END SOLUTION

# %% check="total"
'''
CHECKS = '''\
"""Public checks."""
import numpy as np
from hpclab.checks import check

@check(task="double", points=2)
def doubles(work):
    """`double` doubles."""
    x, out = work.rng.random(101), np.full(101, np.nan)
    expected = 2.0 * x
    work.call("double", x, out)
    work.close_to(out, expected)

@check(task="total", points=1)
def adds(work):
    """`total` adds."""
    x = work.rng.random(101)
    work.close_to(work.call("total", x), float(np.sum(x)))
'''
HIDDEN = f'''\
"""Hidden checks: {SECRET}."""
import numpy as np
from hpclab.checks import check
SECRET = "{SECRET}"

def reference(x):
    secret = [SECRET, SECRET]  # in a frame, a constant, a closure
    return 2.0 * x if secret else None

@check(task="double", points=1)
def leaves_its_input_alone(work):
    """`double` leaves `x` alone, and gives the values of the reference."""
    told = "of {SECRET}"
    x, out = work.rng.random(33), np.zeros(33)
    before, expected = x.copy(), reference(x)
    work.call("double", x, out)
    work.equal(x, before, f"The hidden why, {{told[:2]}}")
    work.close_to(out, expected)

@check(task="total", points=1)
def adds_negative_numbers(work):
    """`total` adds negative numbers too."""
    x = -work.rng.random(33)
    work.close_to(work.call("total", x), float(np.sum(x)))
'''
HONEST = {
    "double": "def double(x, out):\n    out[:] = 2.0 * x",
    "total": "def total(x):\n    return float(x.sum())",
}
FULL = {"double-check": 2.0, "double-hidden": 1.0, "total-check": 1.0, "total-hidden": 1.0}
NONE = {**FULL, "double-check": 0.0, "double-hidden": 0.0}  # of who cheated in `double` alone
Edit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Graded:
    """points: by grade_id, None where a person must look."""

    points: dict[str, float | None]
    record: Record
    notebook: Any

    @property
    def text(self) -> str:
        """All that the notebook shows."""
        return json.dumps([cell.get("outputs") for cell in self.notebook.cells])

    def outputs(self, name: str) -> list[dict[str, Any]]:
        """Of the cell of this grade_id."""
        (found,) = [c.outputs for c in self.notebook.cells
                    if c.metadata.get("nbgrader", {}).get("grade_id") == name]  # fmt: skip
        return found


def make_course(root: Path) -> Path:
    """Make the course, built, with two learners' work in it that nobody may touch."""
    make_mini(root)
    exercise = root / "exercises/double"
    shutil.rmtree(exercise / "attempts")
    (exercise / "attempts").mkdir()
    for name, text in (("exercise", EXERCISE), ("checks", CHECKS), ("hidden_checks", HIDDEN)):
        (exercise / f"{name}.py").write_text(text)
    hints = "".join(f"## {task}\n\n1. Look.\n2. Think.\n3. Write.\n\n" for task in HONEST)
    (exercise / "hints.md").write_text(hints)
    why = "".join(f"## {task}\n\nIt is right.\n\n" for task in HONEST)
    (exercise / "why.md").write_text(why)
    build(Course.load(root), book=False, log=print)
    course = root / "_build/course"
    for other in ("anna", "bert"):
        hand_in(course, other, HONEST)
    return course


def load(course: Path, limits: Limits = LIMITS) -> Assignment:
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        hidden = course / "hidden/double.py"
        (found,) = load_assignment(
            course / "source/double", gradebook, hidden=hidden, limits=limits
        )
    return found


def hand_in(
    course: Path, who: str, cells: dict[str, str] | None = None, edit: Edit | None = None
) -> Path:
    """What a learner leaves in `submitted`: the release with these cells, edited; its folder."""
    folder = course / "submitted" / who / "double"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(course / "release/double", folder)
    path = folder / "double.ipynb"
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = (cells or {}).get(name, cell["source"])
    if edit:
        edit(notebook)
    path.write_text(json.dumps(notebook))
    return folder


def examine(
    examiner: Examiner, assignment: Assignment, submission: Submission, *, timed: bool = True
) -> Graded:
    record = examiner.examine(assignment, submission, timed=timed)
    assert Record.from_json(json.loads(json.dumps(record.to_json()))) == record
    notebook = graded_notebook(assignment, submission, record)
    json.dumps(notebook).encode()
    points = {
        cell.metadata.nbgrader.grade_id: determine_grade(cell)[0]
        for cell in notebook.cells
        if is_grade(cell)
    }
    points |= dict.fromkeys(record.inconclusive)
    return Graded(points, record, notebook)


def grade(
    examiner: Examiner, course: Path, cells: dict[str, str] | None = None,
    edit: Edit | None = None, limits: Limits = LIMITS,
) -> Graded:  # fmt: skip
    """Hand in, read and grade: `cells` instead of the honest ones."""
    folder = hand_in(course, "mallory", HONEST | (cells or {}), edit)
    assignment = load(course, limits)
    return examine(examiner, assignment, read_submission(folder, "mallory", assignment))


def state(course: Path) -> dict[str, str]:
    """Hashes of all files of the course but the attacker's own."""
    return {
        str(path.relative_to(course)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(course.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and not path.is_relative_to(course / "submitted/mallory")
    }
