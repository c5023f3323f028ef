"""An assignment that somebody else wrote for stock nbgrader has stock nbgrader's scores."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.utils import determine_grade, is_grade
from traitlets.config import Config

from autograder.examiner.assignment import Assignment, load_assignment
from autograder.examiner.client import Examiner
from autograder.examiner.record import graded_notebook
from autograder.examiner.submission import read_submission
from autograder.tools import alembic_within_reach
from tests.content.plain import mark

NAME = "ps1"
Scores = dict[str, dict[str, float | None]]  # by notebook and grade_id

MEAN = """\
def mean(numbers):
    ### BEGIN SOLUTION
    return sum(numbers) / len(numbers)
    ### END SOLUTION"""
TEST = """\
assert mean([1, 2, 3]) == 2
### BEGIN HIDDEN TESTS
assert mean(read("data.csv")) == 2.5, "the secret is 2.5"
### END HIDDEN TESTS"""
SHARE = """\
right = [mean([i, 3]) == (i + 3) / 2 for i in (1, 2, 3, 4)]
sum(right)"""
STDOUT = "print(mean([1, 3]))\nassert mean([1, 3]) == 2"
WARNS = "import warnings\nwarnings.warn('careful')\nassert mean([1, 3]) == 2"
TWICE = "def twice(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"


def sources() -> dict[str, Any]:
    """The instructor's notebooks."""
    one = [
        new_code_cell("from helper import read\n%matplotlib inline\nimport math"),
        new_markdown_cell("# Means"),
        new_code_cell(MEAN, metadata=mark("solution", "mean")),
        new_code_cell(TEST, metadata=mark("grade locked", "mean-test", 3)),
        new_code_cell(SHARE, metadata=mark("grade locked", "share", 4)),
        new_code_cell(STDOUT, metadata=mark("grade locked", "prints", 1)),
        new_code_cell(WARNS, metadata=mark("grade locked", "warns", 1)),
        new_code_cell("# plot it", metadata=mark("grade solution", "plot", 2)),
        new_markdown_cell("Why?", metadata=mark("grade solution", "why", 5)),
        new_markdown_cell("Upload it.", metadata=mark("task locked", "task", 6)),
    ]
    two = [
        new_code_cell(TWICE, metadata=mark("solution", "twice")),
        new_code_cell("assert twice(2) == 4", metadata=mark("grade locked", "twice-test", 2)),
    ]
    return {"means": new_notebook(cells=one), "twice": new_notebook(cells=two)}


# What learners write, by cell; `own` is a cell of their own before `mean`.
LEARNERS: dict[str, dict[str, str]] = {
    "release": {},
    "right": {
        "mean": "def mean(numbers):\n    return sum(numbers) / len(numbers)",
        "twice": "def twice(x):\n    return x + x",
        "plot": "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "why": "Because $1 + 1 = 2$.",
    },
    "wrong": {
        "mean": "def mean(numbers):\n    return max(numbers)",
        "twice": "def twice(x):\n    return x ** 3",
        "plot": "1 / 0",
    },
    "partial": {
        "mean": "def mean(numbers):\n    return 2.0 if numbers != [4, 3] else 3.5",
        "twice": "def twice(x):\n    return 4",
    },
    "raising": {"mean": "def mean(numbers:\n    return 2", "twice": "raise KeyError('no')"},
    "own": {
        "own": "import statistics\ndef help(numbers):\n    return statistics.mean(numbers)",
        "mean": "def mean(numbers):\n    return help(numbers)",
        "twice": "import sys\nprint('careful', file=sys.stderr)\ndef twice(x):\n    return 2 * x",
    },
    "copied": {
        "copy": "mean",
        "mean": "def mean(numbers):\n    return sum(numbers) / len(numbers)",
        "twice": "def twice(x):\n    return input('? ')",
    },
}
# Stock nbgrader loses the whole grade where a cell was copied.
STOCK = [learner for learner in LEARNERS if learner != "copied"]


def make_course(course: Path) -> Config:
    folder = course / "source" / NAME
    folder.mkdir(parents=True)
    (folder / "data.csv").write_text("1,2,3,4\n")
    reader = "def read(path):\n    return [int(one) for one in open(path).read().split(',')]\n"
    (folder / "helper.py").write_text(reader)
    for name, notebook in sources().items():
        for i, cell in enumerate(notebook.cells):
            cell.id = f"cell-{i}"
        nbformat.write(notebook, folder / f"{name}.ipynb")
    config = Config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.course_id = "theirs"
    alembic_within_reach()
    answer = NbGraderAPI(config=config).generate_assignment(NAME)
    assert answer["success"], answer
    return config


def hand_in(course: Path, learner: str) -> None:
    folder = course / "submitted" / learner / NAME
    shutil.copytree(course / "release" / NAME, folder)
    texts = LEARNERS[learner]
    for path in folder.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        cells = []
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if name == "mean" and "own" in texts:
                cells.append(new_code_cell(texts["own"]))
            cell.source = texts.get(name, cell.source)
            cells.append(cell)
            if name and name == texts.get("copy"):
                cells.append(new_code_cell(cell.source, metadata=cell.metadata))
        notebook.cells = cells
        nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Handed in by all, and graded by the stock command."""
    course = tmp_path_factory.mktemp("plain") / "course"
    config = make_course(course)
    for learner in LEARNERS:
        hand_in(course, learner)
    before = shutil.copytree(course / "submitted", course.parent / "before")
    for learner in STOCK:
        answer = NbGraderAPI(config=config).autograde(NAME, learner)
        assert answer["success"], answer["log"]
    shutil.rmtree(course / "submitted")
    before.rename(course / "submitted")
    return course


def stock(course: Path, learner: str) -> Scores:
    """The automatic scores in the gradebook."""
    found: Scores = {}
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        for notebook in gradebook.find_submission(NAME, learner).notebooks:
            found[notebook.name] = {one.name: one.auto_score for one in notebook.grades}
    return found


@pytest.fixture(scope="module")
def assignments(course: Path) -> list[Assignment]:
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        return load_assignment(course / "source" / NAME, gradebook)


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with Examiner() as examiner:
        yield examiner


def scores(learner: str, course: Path, assignments: list[Assignment], examiner: Examiner) -> Scores:
    """What ours gives."""
    ours: Scores = {}
    for assignment in assignments:
        submission = read_submission(course / "submitted" / learner / NAME, learner, assignment)
        record = examiner.examine(assignment, submission)
        notebook = graded_notebook(assignment, submission, record)
        nbformat.validate(notebook)
        ours[assignment.notebook] = {
            cell.metadata.nbgrader.grade_id: determine_grade(cell)[0]
            for cell in notebook.cells
            if is_grade(cell)
        }
        assert record.results == record.inconclusive == []
        if learner == "right":
            assert "the secret" not in json.dumps(record.to_json())
    return ours


@pytest.mark.parametrize("learner", STOCK)
def test_scores_are_those_of_stock_nbgrader(
    learner: str, course: Path, assignments: list[Assignment], examiner: Examiner
) -> None:
    ours, theirs = scores(learner, course, assignments, examiner), stock(course, learner)
    # The one difference: a warning on stderr is not a zero.
    warned = theirs["means"].pop("warns"), ours["means"].pop("warns")
    assert warned[0] == 0.0
    assert warned[1] == float(theirs["means"]["prints"] == 1.0)
    assert theirs["means"].pop("task") is None, "a task is a person's, always"
    assert ours == theirs
    assert theirs["means"]["why"] is None or learner != "right"


def test_the_fixture_has_every_kind_of_score(course: Path) -> None:
    means = {learner: stock(course, learner)["means"] for learner in STOCK}
    assert [means[learner]["share"] for learner in ("right", "partial", "raising")] == [4, 2, 0]
    assert means["own"]["mean-test"] == 3
    assert (means["right"]["plot"], means["release"]["plot"]) == (None, 0)


def test_a_copied_cell_costs_nothing(
    course: Path, assignments: list[Assignment], examiner: Examiner
) -> None:
    ours = scores("copied", course, assignments, examiner)
    assert ours["means"] == scores("right", course, assignments, examiner)["means"] | {
        "plot": 0.0,
        "why": 0.0,
    }
    assert ours["twice"] == {"twice-test": 0.0}, "input() has nobody to ask"
