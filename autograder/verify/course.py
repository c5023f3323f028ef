"""`autograder verify`: every promise of a course, one after another."""

from collections.abc import Callable, Iterator

from autograder.build.make import BUILD, build, load_exercises
from autograder.verify.disk import check_disk
from autograder.verify.graded import check_graded
from autograder.verify.leaks import check_leaks, read_shown
from autograder.verify.rebuild import check_rebuild
from autograder.verify.work import check_work
from hpclab.course import Course
from hpclab.errors import HpclabError


def verify(
    course: Course, slug: str | None = None, *, book: bool = True, log: Callable[[str], None]
) -> list[str]:
    """The broken promises of the whole course, or of one lesson; an empty list is good.

    Building the book is what proves that each demo executes and that no page has a warning, so a
    build that fails is a broken promise too.
    """
    if slug:
        course.lesson(slug)
    problems = list(check_disk(course))
    if problems:
        return problems
    try:
        build(course, book=book, log=log)
    except HpclabError as error:
        return [str(error)]
    return list(_built(course, slug, log))


def _built(course: Course, slug: str | None, log: Callable[[str], None]) -> Iterator[str]:
    """The promises that can be checked once everything is built."""
    out = course.root / BUILD
    exercises = [one for one in load_exercises(course) if slug in (None, one.slug)]
    shown = read_shown(out / "course" / "release", out / "demos", out / "book" / "html")
    for exercise in exercises:
        log(f"{exercise.slug}: {len(exercise.tasks)} tasks, {len(exercise.checks)} checks, "
            f"{len(exercise.attempts())} attempts")  # fmt: skip
        yield from check_leaks(exercise, shown)
        yield from check_work(exercise, out / "course")
    yield from check_graded(exercises, out / "course", log)
    yield from check_rebuild(course.course.id, exercises, out / "course")
