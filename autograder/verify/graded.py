"""The solution, graded as a submission: a check may ask what only a notebook can answer."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.build.exercise import Exercise
from autograder.build.notebooks import read_script
from autograder.examiner.assignment import load_assignment
from autograder.examiner.client import Examiner
from autograder.examiner.submission import Submission
from autograder.verify.work import must_pass


def check_graded(
    exercises: list[Exercise], course_dir: Path, log: Callable[[str], None]
) -> Iterator[str]:
    """A sentence for each check that the solution passes in a notebook alone."""
    if not sys.platform.startswith("linux"):
        log("The solutions were not graded: that needs Linux.")
        return
    with Examiner() as examiner, Gradebook(f"sqlite:///{course_dir}/gradebook.db") as gradebook:
        for exercise in exercises:
            source = course_dir / "source" / exercise.slug
            (assignment,) = load_assignment(
                source, gradebook, hidden=course_dir / "hidden" / f"{exercise.slug}.py"
            )
            cells = read_script(exercise.folder / "exercise.py").cells
            solution = {c.metadata["task"]: c.source for c in cells if "task" in c.metadata}
            record = examiner.examine(assignment, Submission("solution", solution))
            for problem in must_pass(record.results):
                yield f"{exercise.slug}: solution, graded: {problem}"
