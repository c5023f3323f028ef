"""Whatever is handed in: a grade, the one that the task's text deserves, or a clean report."""

import json
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade, is_grade

from autograder.build.make import build
from autograder.examiner.assignment import Assignment, grade_id, load_assignment, mark
from autograder.examiner.client import Examiner
from autograder.examiner.outputs import clean, harmless
from autograder.examiner.record import Record, graded_notebook
from autograder.examiner.submission import Submission, Unreadable, read_submission
from hpclab.checks.limits import Limits
from hpclab.course import Course
from tests.content.conftest import make_mini
from tests.security.notebooks import TASK, WORKS, Handed, json_value, planned, wild

PARTS = ("double-check", "double-hidden")
_about = {"derandomize": True, "deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    root = make_mini(tmp_path_factory.mktemp("fuzz") / "mini")
    build(Course.load(root), book=False, log=print)
    course = root / "_build" / "course"
    about: Any = {"hidden": course / "hidden" / "double.py", "limits": Limits(wall=20, cpu=20)}
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        (found,) = load_assignment(course / "source" / TASK, gradebook, **about)
    return found


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with Examiner() as examiner:
        yield examiner


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "submitted" / "somebody" / TASK


def read(folder: Path, handed: Handed, assignment: Assignment) -> Submission | None:
    """The submission; None where there is a clean report instead."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / handed.name).write_bytes(handed.data)
    try:
        submission = read_submission(folder, "somebody", assignment)
    except Unreadable as report:
        sentence = str(report)
        assert sentence.isprintable()
        assert sentence[-1] in ".?"
        assert len(sentence) < 1000
        return None
    assert all(note.isprintable() for note in submission.notes)
    assert submission == pickle.loads(pickle.dumps(submission))
    assert len(submission.digest) == 64
    return submission


def points(assignment: Assignment, submission: Submission, record: Record) -> dict[str, float]:
    """What nbgrader makes of it, of a notebook that it can keep."""
    again = Record.from_json(json.loads(json.dumps(record.to_json())))
    notebook = graded_notebook(assignment, submission, again)
    nbformat.validate(notebook)
    assert nbformat.writes(notebook).encode()
    found = {}
    for cell in notebook.cells:
        if is_grade(cell):
            name = cell.metadata.nbgrader.grade_id
            found[name], most = determine_grade(cell)
            assert 0.0 <= found[name] <= most
    return found


def stand_in(assignment: Assignment, submission: Submission, shown: Any = None) -> Record:
    """A record without an examination: points by the text, or `shown` in every cell."""
    earned = dict(zip(PARTS, WORKS.get(submission.cells[TASK], (0.0, 0.0)), strict=True))
    outputs: list[Any] = []
    for cell in assignment.cells:
        data = {"text/plain": repr(earned.get(grade_id(cell)))}
        result = {"output_type": "execute_result", "data": data}
        mine = [{**result, "metadata": {}, "execution_count": None}] if mark(cell)["grade"] else []
        if shown is not None:
            mine = clean(shown, 200)
            mine = harmless(mine, mark(cell)["points"]) if mark(cell)["grade"] else mine
        outputs.append(mine)
    return Record(outputs)


def judged(handed: Handed, found: dict[str, float] | None) -> None:
    """Nothing is graded where nothing was handed in; else the points are the deserved ones."""
    assert (found is None) == (handed.deserved is None), handed
    if found is not None and handed.deserved is not None:
        assert found == dict(zip(PARTS, handed.deserved, strict=True)), handed


@settings(max_examples=1200, **_about)
@given(handed=planned())
def test_only_the_text_of_the_task_counts(
    folder: Path, assignment: Assignment, handed: Handed
) -> None:
    submission = read(folder, handed, assignment)
    if submission:
        judged(handed, points(assignment, submission, stand_in(assignment, submission)))
    else:
        judged(handed, None)


@settings(max_examples=1000, **_about)
@given(handed=wild())
def test_anything_is_graded_or_reported(
    folder: Path, assignment: Assignment, handed: Handed
) -> None:
    if submission := read(folder, handed, assignment):
        points(assignment, submission, stand_in(assignment, submission))


_kind = st.sampled_from(["stream", "execute_result", "display_data", "error", "", None])
_text = st.sampled_from(["1", "1e3", "-1", "nan", "inf", "\ud800", "", "\0"])
_bundle = st.dictionaries(st.sampled_from(["text/plain", "text/html", "x"]), _text | json_value)
_field = {"name": _text | st.sampled_from(["stdout", "stderr"]), "text": _text, "data": _bundle}
_field |= {"ename": _text, "evalue": _text, "traceback": st.lists(_text | json_value, max_size=3)}
_output = st.fixed_dictionaries({"output_type": _kind}, optional=_field)


@settings(max_examples=400, **_about)
@given(shown=st.lists(_output | json_value, max_size=4) | json_value)
def test_any_outputs_are_graded(assignment: Assignment, shown: Any) -> None:
    submission = Submission("somebody", {TASK: "pass"})
    points(assignment, submission, stand_in(assignment, submission, shown))


@settings(max_examples=64, **_about)
@given(handed=planned())
def test_the_examiner_gives_what_the_text_deserves(
    folder: Path, assignment: Assignment, examiner: Examiner, handed: Handed
) -> None:
    if submission := read(folder, handed, assignment):
        record = examiner.examine(assignment, submission)
        assert not record.inconclusive
        judged(handed, points(assignment, submission, record))
