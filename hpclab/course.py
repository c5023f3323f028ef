"""The manifest `course.toml`: which lessons there are, in which order, for whom, how long."""

import os
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hpclab.errors import FileError, HpclabError, unknown

MANIFEST = "course.toml"
SKILL_TREE = "https://www.hpc-certification.org/cs/"  # of the HPC Certification Forum
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Minutes(_Entry):
    """Minutes: reading the page, running the demo, the core task, all stretch tasks."""

    page: int = Field(gt=0)
    demo: int = Field(gt=0)
    core: int = Field(gt=0, le=25)
    stretch: int = Field(gt=0)

    @property
    def total(self) -> int:
        """Minutes for everything."""
        return self.page + self.demo + self.core + self.stretch

    @property
    def room(self) -> int:
        """Minutes that a room gives it: all but the stretch tasks, for who is done early."""
        return self.page + self.demo + self.core


class Skill(_Entry):
    """A skill in the HPC Certification Forum's competence tree."""

    id: str
    name: str


class Lesson(_Entry):
    """One lesson; its page, demo and exercise are found by its slug."""

    slug: Slug
    needs: list[Slug] = []
    minutes: Minutes
    skills: list[Skill] = []
    keywords: list[str] = Field(min_length=1)


class Module(_Entry):
    """A part of the book."""

    title: str
    lessons: list[Lesson] = Field(min_length=1)


class Track(_Entry):
    """A path through the lessons for one kind of reader."""

    title: str
    lessons: list[Slug] = Field(min_length=1)


class Break(_Entry):
    """A break of a plan, after a lesson of it."""

    after: Slug
    minutes: int = Field(gt=0, le=240)
    title: str = "Break"


class Plan(_Entry):
    """A day in a room: the lessons of a track from `start` on, by the clock of the room."""

    track: Slug
    start: str = Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    breaks: list[Break] = []


class About(_Entry):
    """What training portals want to know of the whole course."""

    id: Slug
    title: str
    description: str
    url: str
    license: str
    language: str
    authors: list[str] = Field(min_length=1)
    handbook: list[Slug] = []
    reference: list[Slug] = []
    surveys: list[Slug] = []


class CourseLimits(_Entry):
    """What grading lets a check take that says nothing itself; see `hpclab.checks.limits`."""

    wall: float | None = Field(default=None, gt=0)
    cpu: float | None = Field(default=None, gt=0)
    memory: float | None = Field(default=None, gt=0)
    output: int | None = Field(default=None, gt=0)
    processes: int | None = Field(default=None, gt=0)
    notebook: float | None = Field(default=None, gt=0)

    def given(self) -> dict[str, float]:
        """Those that the manifest names."""
        return self.model_dump(exclude_none=True)


class Course(_Entry):
    """A course: the manifest and the folder that it stands in."""

    root: Path
    course: About
    limits: CourseLimits = CourseLimits()
    tracks: dict[Slug, Track] = {}
    plans: dict[Slug, Plan] = {}
    modules: list[Module] = Field(min_length=1)

    @classmethod
    def load(cls, root: Path) -> "Course":
        """Read `root/course.toml`; a mistake in it is a FileError with line and field."""
        path = root / MANIFEST
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise HpclabError(
                f"There is no {MANIFEST} in {root} or above it. Run this inside a course."
            ) from None
        try:
            course = cls(root=root, **tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise FileError(path, _line_in(str(error)), f"not valid TOML: {error}") from None
        except (ValidationError, TypeError) as error:
            raise _explain(path, text, error) from None
        course._check_references(path, text)
        return course

    def lessons(self) -> Iterator[Lesson]:
        """All lessons in the order of the book."""
        for module in self.modules:
            yield from module.lessons

    def lesson(self, slug: str) -> Lesson:
        """The lesson of that slug; an unknown one is an error that names the three nearest."""
        for lesson in self.lessons():
            if lesson.slug == slug:
                return lesson
        raise unknown("lesson", slug, (lesson.slug for lesson in self.lessons()))

    def _check_references(self, path: Path, text: str) -> None:
        """Slugs are unique; needs, tracks and plans name what stands."""
        slugs = [lesson.slug for lesson in self.lessons()]
        for slug in slugs:
            if slugs.count(slug) > 1:
                line = _line_of(text, [f'slug = "{slug}"'] * 2)
                raise FileError(path, line, f"slug: '{slug}' stands twice; slugs are unique")
        for lesson in self.lessons():
            for need in set(lesson.needs) - set(slugs):
                line = _line_of(text, [f'slug = "{lesson.slug}"', "needs"])
                raise FileError(path, line, f"needs: {unknown('lesson', need, slugs)}")
        for name, track in self.tracks.items():
            for slug in set(track.lessons) - set(slugs):
                line = _line_of(text, [f"[tracks.{name}]", "lessons"])
                raise FileError(path, line, f"lessons: {unknown('lesson', slug, slugs)}")
        self._check_plans(path, text)

    def _check_plans(self, path: Path, text: str) -> None:
        """A plan's track stands, and each of its breaks is after a lesson of it."""
        for name, plan in self.plans.items():
            if plan.track not in self.tracks:
                line = _line_of(text, [f"[plans.{name}]", "track"])
                raise FileError(path, line, f"track: {unknown('track', plan.track, self.tracks)}")
            lessons = self.tracks[plan.track].lessons
            for one in plan.breaks:
                if one.after not in lessons:
                    line = _line_of(text, [f"[plans.{name}]", "breaks"])
                    problem = unknown("lesson of the plan", one.after, lessons)
                    raise FileError(path, line, f"breaks: {problem}")


def find_root(start: Path | None = None) -> Path:
    """The nearest folder at or above `start` (default: here) with a course.toml, else the clone's.

    The clone's is the folder above the package: `hpclab` is installed from it, editable.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / MANIFEST).is_file():
            return folder
    return Path(__file__).resolve().parents[1]


def built() -> Path:
    """The built course: the folder that HPCLAB_BUILD names, else `_build` of the course."""
    named = os.environ.get("HPCLAB_BUILD")
    return Path(named) if named else find_root() / "_build"


def _line_in(message: str) -> int | None:
    """The line number that tomllib puts in its message."""
    words = message.replace(",", " ").replace(")", " ").split()
    for before, number in pairwise(words):
        if before == "line" and number.isdigit():
            return int(number)
    return None


def _explain(path: Path, text: str, error: ValidationError | TypeError) -> FileError:
    """The first mistake pydantic found, in the author's terms: line, field, expected, given."""
    if isinstance(error, TypeError):
        return FileError(
            path,
            1,
            f"expected tables [course], [limits], [tracks.*], [plans.*], [[modules]]: {error}",
        )
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    given = "" if first["type"] == "missing" else f" (given: {first['input']!r})"
    line = _line_of(text, _headings(first["loc"]))
    return FileError(path, line, f"{field}: expected: {first['msg']}{given}")


def _headings(loc: tuple[Any, ...]) -> list[str]:
    """The lines to look for, outermost first, to reach a place such as modules.0.lessons.1.slug."""
    if loc[0] in ("tracks", "plans") and len(loc) > 1:
        return [f"[{loc[0]}.{loc[1]}]", *(str(part) for part in loc[2:3])]
    steps: list[str] = []
    table = ""
    for part in loc:
        if isinstance(part, int):
            steps += [f"[[{table}]]"] * (part + 1)
        else:
            table = f"{table}.{part}" if table else str(part)
            steps.append(f"[{table}]" if len(loc) > 1 and part == loc[0] else str(part))
    return [step for step in steps if step not in ("[modules]", "lessons")]


def _line_of(text: str, steps: list[str]) -> int | None:
    """The line where the last of `steps` is found, each looked for below the one before."""
    lines = text.splitlines()
    at = -1
    found = None
    for step in steps:
        for number in range(at + 1, len(lines)):
            if lines[number].lstrip().startswith(step):
                at, found = number, number + 1
                break
    return found
