"""`autograder new-lesson`: a lesson that builds and verifies, ready to be rewritten."""

import re
from pathlib import Path

from autograder.build.files import write_text
from hpclab.course import MANIFEST, Course
from hpclab.errors import HpclabError

_MODEL = Path(__file__).with_name("lesson")
_BLOCK = """
[[modules.lessons]]
slug = "{slug}"
needs = []
minutes = {{page = 10, demo = 5, core = 15, stretch = 15}}
skills = []
keywords = ["{slug}"]
"""


def new_lesson(root: Path, slug: str) -> list[Path]:
    """Write every file of a new lesson and its block at the end of `course.toml`.

    A slug that is not one, or is taken, is an HpclabError, and then nothing is written.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", slug):
        raise HpclabError(f"'{slug}' is no slug: expected small letters, digits and hyphens.")
    files = {path: lesson_file(root, slug, path) for path in sorted(_MODEL.rglob("*.*"))}
    for place in files.values():
        if place.exists():
            raise HpclabError(f"{place} is there already: nothing was written.")
    manifest = root / MANIFEST
    if not manifest.is_file():
        raise HpclabError(f"There is no {MANIFEST} in {root}. Run this inside a course.")
    for path, place in files.items():
        write_text(place, path.read_text(encoding="utf-8").replace("{slug}", slug))
    old = manifest.read_text(encoding="utf-8")
    write_text(manifest, old.rstrip("\n") + "\n" + _BLOCK.format(slug=slug))
    Course.load(root)
    return list(files.values())


def lesson_file(root: Path, slug: str, model: Path) -> Path:
    """Where a file of the model lesson belongs in the course."""
    places = {
        "page.md": f"book/lessons/{slug}.md",
        "instructor.md": f"book/instructors/{slug}.md",
        "demo.py": f"notebooks/{slug}.py",
    }
    inside = model.relative_to(_MODEL).as_posix()
    return root / places.get(inside, f"exercises/{slug}/{inside}")
