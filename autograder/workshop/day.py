"""The commands that the owner of a workshop's course uses during the day; the desk runs them too.

`autograder workshop release`, `note`, `plan`, `collect`, `feedback`: run in the course's folder.
"""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from hpclab.errors import HpclabError

Course = Annotated[Path | None, typer.Option(help="The course directory; by default around here.")]


def release(
    slug: Annotated[str, typer.Argument(help="The lesson.")], course: Course = None
) -> None:
    """Release a lesson's exercise to all learners, who are told."""
    from autograder.engine.course import CourseFolder
    from autograder.workshop.hand import hand_out

    new = hand_out(CourseFolder.load(course), slug)
    print(f"{slug}: released to all" if new else f"{slug}: was released already, just like this")


def note(
    text: Annotated[str, typer.Argument(help="A sentence or two.")], course: Course = None
) -> None:
    """Show all learners a note on the pages that they have open."""
    from autograder.engine.course import CourseFolder
    from autograder.workshop.hand import note as tell

    tell(CourseFolder.load(course), text)
    print("Everybody sees it who has a page of the book open, or opens one.")


def plan(
    name: Annotated[
        str | None, typer.Argument(help="A plan of course.toml; by default the one chosen.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="When the day began, such as 09:15.")] = None,
    course: Course = None,
) -> None:
    """Show the plan of the day; choose one, and when it begins."""
    from autograder.engine.course import CourseFolder
    from autograder.workshop.hand import exchange_of, keep_choice
    from autograder.workshop.plan import choose, chosen, clock, slots
    from hpclab.course import built
    from hpclab.outline import Outline

    folder, outline = CourseFolder.load(course), Outline.load(built() / "book" / "html")
    choice = chosen(exchange_of(folder), outline)
    if name or start:
        choice = choose(outline, name or choice.plan, start)
        keep_choice(folder, choice)
    for slot in slots(outline, choice):
        print(f"{clock(slot.begin)}-{clock(slot.end)} {slot.title}")


def collect(course: Course = None) -> None:
    """Collect the newest of what everybody has handed in."""
    from autograder.engine.course import CourseFolder
    from autograder.workshop.hand import collect as take

    _refuse(take(CourseFolder.load(course), print))


def feedback(course: Course = None) -> None:
    """Make the feedback pages of all that is graded, and hand them back."""
    from autograder.engine.course import CourseFolder
    from autograder.records.gradebook import Records
    from autograder.workshop.hand import hand_back

    folder = CourseFolder.load(course)
    with closing(Records(folder.config)) as records:
        _refuse(hand_back(folder, records.gradebook, print))


def _refuse(problems: list[str]) -> None:
    if problems:
        raise HpclabError("\n".join(problems))
