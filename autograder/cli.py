"""The `autograder` command: what authors and instructors run."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder import badge
from autograder.engine import commands as engine
from autograder.workshop import commands as workshop
from hpclab.console import run_app
from hpclab.course import Course, find_root

app = typer.Typer(
    help="Build, verify and grade a course.", no_args_is_help=True, pretty_exceptions_enable=False
)
console = Console()
app.command()(engine.grade)
app.command()(engine.regrade)
app.command()(engine.watch)
app.command()(engine.deadline)
app.add_typer(badge.app, name="badge", no_args_is_help=True)
app.add_typer(workshop.app, name="workshop", no_args_is_help=True)


def _log(line: str) -> None:
    console.print(line, highlight=False, markup=False, soft_wrap=True)


@app.command()
def build(
    private: Annotated[
        Path | None,
        typer.Option(help="A centre's own folder: SLUG/hidden_checks.py and seed."),
    ] = None,
    book: Annotated[bool, typer.Option(help="Build the book too.")] = True,
) -> None:
    """Make the nbgrader course, the demos and the book in _build."""
    from autograder.build.make import build as make

    make(Course.load(find_root()), private, book=book, log=_log)


@app.command()
def verify(
    slug: Annotated[str | None, typer.Argument(help="One lesson; without it, the course.")] = None,
    book: Annotated[bool, typer.Option(help="Verify the book and its demos too.")] = True,
) -> None:
    """Check that the course keeps its promises; exit code 1 when it does not."""
    from autograder.verify.course import verify as check_course

    problems = check_course(Course.load(find_root()), slug, book=book, log=_log)
    for problem in problems:
        _log(f"✗ {problem}")
    _log("✓ verified" if not problems else f"{len(problems)} problems")
    raise typer.Exit(1 if problems else 0)


@app.command()
def calibrate(slug: Annotated[str, typer.Argument(help="The lesson.")]) -> None:
    """Measure the thresholds of a lesson's timed checks under load; exit code 1 if one is bad."""
    from autograder.build.exercise import Exercise
    from autograder.calibrate.calibrate import calibrate as measure

    course = Course.load(find_root())
    problems = measure(Exercise.load(course.root, course.lesson(slug).slug), _log)
    for problem in problems:
        _log(f"✗ {problem}")
    _log("✓ calibrated" if not problems else f"{len(problems)} thresholds to mend")
    raise typer.Exit(1 if problems else 0)


@app.command(name="new-lesson")
def new_lesson_command(
    slug: Annotated[str, typer.Argument(help="Its name in all places.")],
) -> None:
    """Write the files of a new lesson, which builds and verifies as it stands."""
    from autograder.build.scaffold import new_lesson

    root = find_root()
    for path in new_lesson(root, slug):
        _log(str(path.relative_to(root)))
    _log("Next: put your words in, then `autograder verify " + slug + "`.")


@app.command()
def export(
    assignment: engine.Name = None,
    format: Annotated[str, typer.Option(help="nbgrader, moodle, canvas or json.")] = "nbgrader",
    to: Annotated[
        Path | None, typer.Option(help="The file; by default grades.csv or .json.")
    ] = None,
    course: engine.Course = None,
    gradebook: engine.Gradebook = None,
) -> None:
    """Write what the gradebook says into a file that another system reads."""
    from autograder.engine.course import CourseFolder
    from autograder.records.exports import write_export
    from autograder.records.gradebook import Records

    folder = CourseFolder.load(course, gradebook=gradebook)
    with closing(Records(folder.config)) as records:
        _log(write_export(records.gradebook, assignment, format, to))


@app.command(name="similar")
def similar_command(
    assignment: Annotated[str, typer.Argument(help="The assignment.")],
    least: Annotated[float, typer.Option(min=0, max=1, help="The share from which on.")] = 0.6,
    submitted: engine.Submitted = None,
    course: engine.Course = None,
    gradebook: engine.Gradebook = None,
    as_json: engine.AsJson = False,
) -> None:
    """List submissions whose code is alike, for the instructor to look at."""
    from autograder.engine.course import CourseFolder
    from autograder.records.gradebook import Records
    from autograder.records.similar import code_of, show, similar, stub_of

    folder = CourseFolder.load(course, submitted=submitted, gradebook=gradebook)
    with closing(Records(folder.config)) as records:
        (name,) = folder.names(records.gradebook, assignment)
        notebooks = folder.assignments(name, records.gradebook)
    handed_in = folder.read(name, notebooks)
    work = {
        one.student: code_of((part.assignment, part.submission) for part in one.parts)
        for one in handed_in
    }
    show(console, similar(work, stub_of(notebooks), least), len(work), as_json=as_json)


def main() -> None:
    """Entry point."""
    run_app(app)
