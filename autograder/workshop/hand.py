"""What the instructor hands out during the day, as the owner of the course: exercises, notes, the
plan, feedback. All of it reaches learners by files of the exchange that only the owner can write.
"""

import json
import os
import shutil
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.build.files import contents, write_text
from autograder.engine.course import CourseFolder
from autograder.engine.exchange import Exchange
from autograder.workshop.plan import CHOICE, Choice
from hpclab.errors import HpclabError, unknown
from hpclab.server.notes import LONGEST, NOTES

Tell = Callable[[str], None]


def exchange_of(course: CourseFolder) -> Path:
    """The course's folder in the exchange."""
    root, name = course.config.Exchange.get("root"), course.config.CourseDirectory.get("course_id")
    if not root or not name or not Path(root, name).is_dir():
        raise HpclabError(
            "This course has no exchange that learners look into. Run this in the course of a "
            "workshop, ~/hpclab/course, or name it with --course."
        )
    return Path(root, name)


def put_out(release: Path, exchange: Path) -> bool:
    """Put an exercise into the exchange for everybody, whole from the first moment on; whether it
    was not there like this already.

    nbgrader's own step copies file by file into the place where learners' servers look.
    """
    there = exchange / "outbound" / release.name
    if contents(release) == contents(there):
        return False
    # Beside `outbound`, since all that is in there is handed out.
    beside, aside = (exchange / f".{release.name}.{end}" for end in ("new", "old"))
    for folder in (beside, aside):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(release, beside)
    for path in (beside, *beside.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    if there.exists():
        there.rename(aside)
    beside.rename(there)
    shutil.rmtree(aside, ignore_errors=True)
    return True


def hand_out(course: CourseFolder, slug: str) -> bool:
    """Release an exercise to all, and tell them; whether that was news."""
    exchange = exchange_of(course)
    made = sorted(path.name for path in (course.root / "release").glob("*") if path.is_dir())
    if slug not in made:
        raise unknown("exercise", slug, made)
    if not put_out(course.root / "release" / slug, exchange):
        return False
    _tell(exchange, {"lesson": slug})
    return True


def note(course: CourseFolder, text: str) -> None:
    """Show everybody a sentence on the pages that they have open."""
    plain = " ".join("".join(c if _shown(c) else " " for c in text).split())
    if not plain:
        raise HpclabError("The note is empty; expected a sentence or two.")
    if len(plain) > LONGEST:
        raise HpclabError(f"The note has {len(plain)} characters; expected at most {LONGEST}.")
    _tell(exchange_of(course), {"text": plain})


def _shown(character: str) -> bool:
    """Neither a control character nor one that turns the text around it."""
    return not unicodedata.category(character).startswith("C")


def _tell(exchange: Path, said: Mapping[str, str]) -> None:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"at": at, **said}, ensure_ascii=False)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    with os.fdopen(os.open(exchange / NOTES, flags, 0o644), "a", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o644)  # whatever the umask
        file.write(line + "\n")


def keep_choice(course: CourseFolder, choice: Choice) -> None:
    """Keep the plan of the day for desk and wall."""
    write_text(exchange_of(course) / CHOICE, json.dumps(choice._asdict()) + "\n")


def collect(course: CourseFolder, tell: Tell) -> list[str]:
    """Take the newest of what everybody handed in; what went wrong, in sentences."""
    exchange = Exchange(course)
    known = {path.name for path in (course.root / "source").glob("*")}
    wanted = {(one.assignment, one.student) for one in exchange.arrivals()}
    problems = []
    for assignment, student in sorted(one for one in wanted if one[0] in known):
        try:
            for warning in exchange.collect(student, assignment):
                tell(f"{student} {assignment}: {warning}")
        except (HpclabError, OSError) as error:
            problems.append(f"{student} {assignment}: {error}")
    tell(f"{len(wanted) - len(problems)} collected")
    return problems


def hand_back(course: CourseFolder, gradebook: Any, tell: Tell) -> list[str]:
    """Make and release the feedback on all that is graded; what went wrong, in sentences."""
    exchange, problems, count = Exchange(course), [], 0
    for assignment in course.names(gradebook):
        for student in course.students(assignment):
            if not course.graded(student, assignment).is_dir():
                continue
            try:
                exchange.hand_back(student, assignment)
                tell(f"{student} {assignment}: handed back")
                count += 1
            except (HpclabError, OSError) as error:
                problems.append(f"{student} {assignment}: {error}")
    tell(f"{count} handed back")
    return problems
