"""The lessons' checks say of a submission what they say of the same cells in one process."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.build.assignments import build_course
from autograder.build.exercise import Exercise
from autograder.build.notebooks import read_script
from autograder.examiner.assignment import Assignment, load_assignment
from autograder.examiner.client import Examiner
from autograder.examiner.submission import Submission
from hpclab.cells import read_cells
from hpclab.checks.child import check_cells
from hpclab.verdicts import Result, Verdict

ROOT = Path(__file__).resolve().parents[2]
WORK = {  # `verify` grades the solutions
    "vectorise": ["release", "no_decorator", "more_passes"],
    "chunks": ["release", "one_giant_chunk", "scales_in_place"],
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course directory of these lessons."""
    out = tmp_path_factory.mktemp("lessons") / "_build/course"
    exercises = [Exercise.load(ROOT, slug) for slug in WORK]
    build_course(out, "lessons", exercises, 0, {})
    return out


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    with Examiner() as examiner:
        yield examiner


def load(course: Path, slug: str) -> Assignment:
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        (found,) = load_assignment(
            course / "source" / slug, gradebook, hidden=course / "hidden" / f"{slug}.py"
        )
    return found


def submission(exercise: Exercise, work: str) -> dict[str, str]:
    """The text of the tasks' cells."""
    if work == "release":
        return {}
    cells = read_script(exercise.folder / "exercise.py").cells
    solution = {c.metadata["task"]: c.source for c in cells if "task" in c.metadata}
    attempts = {one.path.stem: one.cells for one in exercise.attempts()}
    return solution | attempts[work]


def answers(results: list[Result]) -> dict[str, tuple[Verdict, float]]:
    return {one.name: (one.verdict, one.earned) for one in results}


@pytest.mark.parametrize(("slug", "work"), [(s, w) for s, works in WORK.items() for w in works])
def test_verdicts_are_those_of_one_process(
    slug: str, work: str, course: Path, examiner: Examiner
) -> None:
    exercise = Exercise.load(ROOT, slug)
    texts = submission(exercise, work)
    record = examiner.examine(load(course, slug), Submission("somebody", texts))
    notebook = read_cells(course / "release" / slug / f"{slug}.ipynb")
    cells = exercise.cells(texts) if texts else notebook
    files = [exercise.folder / "checks.py", exercise.hidden_path]
    reports = check_cells(cells, course / "release" / slug, files, exercise.tasks)
    graded = answers(record.results)
    assert graded == answers([one for report in reports for one in report.results])
    assert len(graded) == len(exercise.checks)
    assert (Verdict.PASSED in {verdict for verdict, _ in graded.values()}) == (work != "release")
