"""`autograder build`: everything in `_build`, in the order in which it needs each other."""

from collections.abc import Callable
from pathlib import Path

from autograder.build.assignments import build_course
from autograder.build.book import build_book
from autograder.build.exercise import Exercise, check_private, private_seed
from autograder.build.files import alone_in, write_text
from autograder.build.notebooks import as_text, give_ids, read_script
from autograder.build.solutions import build_solutions
from autograder.build.thebe import fetch_thebe
from hpclab.course import Course
from hpclab.errors import FileError

BUILD = "_build"


def build(
    course: Course, private: Path | None = None, *, book: bool = True, log: Callable[[str], None]
) -> None:
    """Make the nbgrader course, the solutions, the demos and, unless told not to, the book."""
    exercises = load_exercises(course, private)
    out = course.root / BUILD
    seed, limits = private_seed(private), course.limits.given()
    with alone_in(out, log):
        changed = build_course(out / "course", course.course.id, exercises, seed, limits)
        log(f"course: {len(exercises)} exercises, {len(changed)} releases changed")
        build_solutions(exercises, out / "solutions")
        build_demos(course, out / "demos")
        if book:
            fetch_thebe(out, log=log)
            build_book(course, out, log=log)


def load_exercises(course: Course, private: Path | None = None) -> list[Exercise]:
    """All exercises of the manifest."""
    slugs = [lesson.slug for lesson in course.lessons()]
    if private:
        check_private(private, slugs)
    return [Exercise.load(course.root, slug, private) for slug in slugs]


def build_demos(course: Course, out: Path) -> None:
    """Each `notebooks/<slug>.py` as a notebook without outputs; strays are removed."""
    wanted = set()
    for lesson in course.lessons():
        script = course.root / "notebooks" / f"{lesson.slug}.py"
        if not script.is_file():
            raise FileError(script, None, "expected this file: each lesson has a demo")
        notebook = read_script(script)
        give_ids(notebook)
        wanted.add(out / f"{lesson.slug}.ipynb")
        write_text(out / f"{lesson.slug}.ipynb", as_text(notebook))
    for path in set(out.glob("*.ipynb")) - wanted:
        path.unlink()
