"""An error or a number of points is not lost among what was printed: nbgrader grades by it."""

from collections.abc import Iterator

import nbformat
import pytest
from nbgrader.utils import determine_grade, is_grade

from autograder.examiner.assignment import Assignment, Cell
from autograder.examiner.client import Examiner
from autograder.examiner.outputs import clean
from autograder.examiner.record import graded_notebook
from autograder.examiner.submission import Submission

LONG = "x" * 50_000
DEEP = "def task(n=0):\n    if n < 200:\n        task(n + 1)\n    raise ValueError('y' * 5000)"
CASES = {  # what the learner wrote, what the test's cell says, and the points of 4
    "prints, wrong": (f"def task():\n    print('{LONG}')", "assert task() == 1", 0.0),
    "prints, partly right": (f"def task():\n    print('{LONG}')\n    return 1.5", "task()", 1.5),
    "prints, right": (f"def task():\n    print('{LONG}')\n    return 1", "assert task() == 1", 4.0),
    "many lines": ("def task():\n    for _ in range(10_000): print(7)", "task()\n2.5", 2.5),
    "a long traceback": (DEEP, "task()", 0.0),
    "displays": ("def task():\n    for n in range(9): display('z' * 900)", "task()\n1.0", 1.0),
}


def cell(source: str, name: str, **marked: float) -> Cell:
    mark = {"grade_id": name, "grade": "points" in marked, "solution": "points" not in marked}
    about = {"nbgrader": {**mark, "locked": False, "task": False, "schema_version": 3, **marked}}
    return {"cell_type": "code", "source": source, "metadata": about, "execution_count": None}


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with Examiner() as examiner:
        yield examiner


@pytest.mark.parametrize("case", CASES)
def test_what_decides_is_kept(examiner: Examiner, case: str) -> None:
    written, test, points = CASES[case]
    assignment = Assignment("plain", "plain", [cell("", "task"), cell(test, "test", points=4)])
    submission = Submission("somebody", {"task": written})
    notebook = graded_notebook(assignment, submission, examiner.examine(assignment, submission))
    nbformat.validate(notebook)
    (grade,) = [determine_grade(cell) for cell in notebook.cells if is_grade(cell)]
    assert grade == (points, 4.0)
    assert len(nbformat.writes(notebook)) < 100_000


def test_what_is_kept_in_any_case_is_little() -> None:
    error = {"output_type": "error", "ename": "E" * 10**6, "evalue": LONG, "traceback": [LONG] * 9}
    result = {"output_type": "execute_result", "data": {"text/plain": LONG, "text/html": LONG}}
    kept = clean([error, result] * 100, 10)
    assert [one["output_type"] for one in kept] == ["error", "execute_result"]
    assert len(str(kept)) < 20_000
