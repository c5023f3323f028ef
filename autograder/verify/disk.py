"""Manifest and disk agree, and nothing is a stray."""

from collections.abc import Iterator
from pathlib import Path

from hpclab.course import Course

# Of each lesson, where its files stand; `{slug}` is the only thing that differs.
_PLACES = (
    "book/lessons/{slug}.md",
    "book/instructors/{slug}.md",
    "notebooks/{slug}.py",
    "exercises/{slug}",
)
_FOLDERS = (
    "book/lessons", "book/handbook", "book/instructors", "book/reference", "notebooks", "exercises",
)  # fmt: skip
_EXERCISE = {"exercise.py", "checks.py", "hidden_checks.py", "hints.md", "why.md", "attempts"}
_IGNORED = {"__pycache__", ".ipynb_checkpoints", ".ruff_cache"}


def check_disk(course: Course) -> Iterator[str]:
    """A sentence for each file that is missing, and for each that the manifest does not know."""
    slugs = [lesson.slug for lesson in course.lessons()]
    wanted = {course.root / place.format(slug=slug) for place in _PLACES for slug in slugs}
    about = course.course
    for folder, pages in (("book/handbook", about.handbook), ("book/reference", about.reference)):
        wanted |= {course.root / folder / f"{page}.md" for page in pages}
    for path in sorted(wanted):
        if not path.exists():
            yield f"{_name(course, path)}: expected, because course.toml names it"
    for folder in _FOLDERS:
        for path in _entries(course.root / folder):
            if path not in wanted:
                yield f"{_name(course, path)}: a stray: course.toml does not name it"
    for slug in slugs:
        yield from _exercise_strays(course, slug)


def _exercise_strays(course: Course, slug: str) -> Iterator[str]:
    folder = course.root / "exercises" / slug
    for path in _entries(folder):
        if path.name not in _EXERCISE:
            yield f"{_name(course, path)}: a stray: no part of an exercise"
    for path in _entries(folder / "attempts"):
        if path.suffix != ".py":
            yield f"{_name(course, path)}: a stray: attempts are .py files"


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.name not in _IGNORED)


def _name(course: Course, path: Path) -> str:
    return str(path.relative_to(course.root))
