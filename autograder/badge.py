"""`autograder badge`: a centre's key, badges for what its gradebook holds, and verifying them."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from autograder.engine import commands as engine
from hpclab.course import Course, find_root
from hpclab.errors import HpclabError, unknown

if TYPE_CHECKING:
    from autograder.records.badge import Grades
    from autograder.records.badge_words import Goal

app = typer.Typer(help="Badges that a centre signs for what its gradebook holds.")
console = Console()
KeyFolder = Annotated[Path, typer.Option("--key", help="The folder that keygen made.")]


@app.command()
def keygen(
    folder: Annotated[Path, typer.Argument(help="A new folder, outside any repository.")],
    url: Annotated[
        str | None, typer.Option(help="Where the centre publishes; by default course.toml's url.")
    ] = None,
) -> None:
    """Make the centre's key pair, and say how to publish its public half."""
    from autograder.records.badge_key import DOCUMENT, PRIVATE, PUBLIC, make_key, published_at

    course = Course.load(find_root())
    key = make_key(folder, url or course.course.url, course.root)
    _say(f"{key.folder / PRIVATE}: the private key, readable by you alone. Whoever has it issues "
         "badges in your name. Keep a copy in a safe place: it cannot be made again.")  # fmt: skip
    _say(f"{key.folder / DOCUMENT}: the public key of {key.did}, which is the issuer in each badge."
         f" Publish it, as it is, at {published_at(key.did)}.")  # fmt: skip
    _say(f"{key.folder / PUBLIC}: the same public key as PEM. The part `publicKeyJwk` of {DOCUMENT}"
         " is the same as JWK. Give one of the three to whoever verifies offline.")  # fmt: skip


@app.command()
def issue(
    key: KeyFolder,
    student: Annotated[
        str | None, typer.Argument(help="One learner; without it, all who earned it.")
    ] = None,
    track: Annotated[str | None, typer.Option(help="A track instead of the course.")] = None,
    lesson: Annotated[str | None, typer.Option(help="A lesson instead of the course.")] = None,
    to: Annotated[Path, typer.Option(help="The folder for the badges.")] = Path("badges"),
    issuer: Annotated[
        str | None, typer.Option(help="The centre's name; by default the course's title.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The last day on which it is valid, in UTC."),
    ] = None,
    plain_id: Annotated[
        bool, typer.Option("--plain-id", help="Name the learner by their id, not by a hash of it.")
    ] = False,
    course: engine.Course = None,
    gradebook: engine.Gradebook = None,
) -> None:
    """Sign badges for what the gradebook holds; exit code 1 when nobody named earned one."""
    from openbadgeslib import Issuer

    from autograder.records.badge_issue import Issuing
    from autograder.records.badge_key import CentreKey

    manifest = Course.load(find_root())
    goal = goal_of(manifest, track, lesson)
    signer = CentreKey.load(key)
    who = Issuer(signer.did, issuer or manifest.course.title, manifest.course.url)
    with _grades(course, gradebook) as grades:
        issuing = Issuing(goal, grades, signer, who, to, _end_of(until), plain_id)
        _say(f"{goal.title}\n{goal.criterion}")
        stands = False
        for report in issuing.badges(student):
            _say(report.text)
            stands |= report.stands
    raise typer.Exit(0 if stands else 1)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The badge, a .jwt file.")],
    key: Annotated[Path, typer.Option(help="The public key: did.json, PEM or JWK.")],
    student: Annotated[
        str | None, typer.Option(help="The learner's id, which the badge must name.")
    ] = None,
    course: engine.Course = None,
    gradebook: engine.Gradebook = None,
) -> None:
    """Check a badge's signature, dates and evidence, offline; exit code 0 only when it is valid."""
    from autograder.records.badge_key import read_badge, read_verifier
    from autograder.records.badge_words import evidence_of, learner_of, names

    badge = read_badge(file, read_verifier(key))
    who = learner_of(badge)
    if student is not None and not names(who, student):
        raise HpclabError(f"{file} is signed, but for somebody else than '{student}'.")
    if course or gradebook:
        from autograder.records.badge import differences  # nbgrader takes seconds to import

        with _grades(course, gradebook) as grades:
            problems = differences(badge, grades)
        if problems:
            lines = "\n".join(f"  {problem}" for problem in problems)
            raise HpclabError(f"{file} is signed, but does not fit the gradebook:\n{lines}")
        evidence = f"{evidence_of(badge)}, which is what the gradebook gives too"
    else:
        evidence = f"{evidence_of(badge)}; --course compares it with a gradebook"
    end = f"until {badge.expiration_date:%Y-%m-%d}" if badge.expiration_date else "without an end"
    hashed = f"{who.identity_hash}, a hash" if who.hashed else who.identity_hash
    _say(f"✓ {file} is valid: '{badge.achievement.name}', signed by {badge.issuer.name} "
         f"({badge.issuer.id}) on {badge.issuance_date:%Y-%m-%d} UTC, {end}.")  # fmt: skip
    _say(f"Learner: {hashed if student is None else student}. Evidence: {evidence}.")


def goal_of(course: Course, track: str | None, lesson: str | None) -> "Goal":
    """What a badge is for, in the course's own words."""
    from autograder.build.notebooks import tasks_in
    from autograder.records.badge_words import Goal, Part

    about = course.course
    if track and lesson:
        raise HpclabError("--track and --lesson were both given; expected one of them, or none.")
    lessons = list(course.lessons())
    name, title, description = "course", f"{about.title}: the course", about.description
    if track:
        if track not in course.tracks:
            raise unknown("track", track, course.tracks)
        lessons = [course.lesson(slug) for slug in course.tracks[track].lessons]
        name, title = f"track-{track}", f"{about.title}: {course.tracks[track].title}"
    elif lesson:
        lessons = [course.lesson(lesson)]
        name, title = f"lesson-{lesson}", f"{about.title}: {_title(course, lesson)}"
    parts = tuple(
        Part(
            one.slug,
            _title(course, one.slug),
            tasks_in(course.root / "exercises" / one.slug / "exercise.py")[0],  # the core task
            tuple(one.skills),
        )
        for one in lessons
    )
    return Goal(name, title, description, about.url, parts)


def _title(course: Course, slug: str) -> str:
    """The first heading of the lesson's page."""
    text = (course.root / "book" / "lessons" / f"{slug}.md").read_text(encoding="utf-8")
    heads = (line[2:].strip() for line in text.splitlines() if line.startswith("# "))
    return next(heads, slug)


def _end_of(day: datetime | None) -> datetime | None:
    """The last second of a day, in UTC."""
    if day is None:
        return None
    end = day.replace(tzinfo=UTC) + timedelta(days=1, seconds=-1)
    if end < datetime.now(UTC):
        raise HpclabError(f"--until {day:%Y-%m-%d} is past; expected a day to come.")
    return end


@contextmanager
def _grades(course: Path | None, gradebook: str | None) -> "Iterator[Grades]":
    from autograder.engine.course import CourseFolder
    from autograder.records.badge import Grades
    from autograder.records.gradebook import Records

    folder = CourseFolder.load(course, gradebook=gradebook)
    with closing(Records(folder.config)) as records:
        yield Grades(records.gradebook, folder.graded)


def _say(line: str) -> None:
    text = "".join(one if one.isprintable() or one == "\n" else "?" for one in line)
    console.print(text, highlight=False, markup=False, soft_wrap=True)
