"""Source and release are the same bytes on every rebuild."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from autograder.build.assignments import build_course
from autograder.build.exercise import Exercise


def check_rebuild(course_id: str, exercises: list[Exercise], built: Path) -> Iterator[str]:
    """Build source and release again, elsewhere; a sentence for each file that differs."""
    with tempfile.TemporaryDirectory() as place:
        again = Path(place) / "course"
        build_course(again, course_id, exercises, 0, {}, gradebook=False)
        for kind in ("source", "release"):
            for exercise in exercises:
                yield from _differences(built / kind / exercise.slug, again / kind / exercise.slug)


def _differences(built: Path, again: Path) -> Iterator[str]:
    names = {p.relative_to(folder) for folder in (built, again) for p in folder.rglob("*.*")}
    for name in sorted(names):
        first, second = built / name, again / name
        if not first.is_file() or not second.is_file():
            yield f"{first}: stands in one build and not in the next"
        elif first.read_bytes() != second.read_bytes():
            yield f"{first}: a rebuild gives other bytes"
