"""The unsigned page of what a self-paced learner did: from their own file, and it says so."""

from datetime import UTC, datetime
from pathlib import Path

from hpclab.errors import HpclabError
from hpclab.learner.files import write_file
from hpclab.learner.guesses import summary
from hpclab.learner.record_page import Row, record_page
from hpclab.learner.state import LessonState, State


def own_page(state: State, who: str) -> str:
    """The page as HTML, with the lessons that were begun; who: a name, or nothing."""
    begun = [lesson for lesson in state.lessons.values() if lesson.begun]
    tasks = [task for lesson in begun for task in lesson.tasks.values()]
    answers = [right for lesson in begun for right in lesson.quiz.values()]
    footer = [
        ("Made on", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
        ("Tasks passed", f"{sum(task.passed for task in tasks)} of {len(tasks)}"),
        ("Quiz answers", f"{sum(answers)} of {len(answers)} right at first"),
        ("Predictions", summary(state.guesses)),
    ]
    rows = [_row(lesson) for lesson in begun]
    return record_page(
        state.outline.title, who or "A self-paced learner", rows, footer, signed=None
    )


def write_own_page(state: State, who: str, to: Path) -> str:
    """Write the page to a new file; a sentence that says where."""
    if to.exists():
        raise HpclabError(f"{to} is there already. Name a file that is not.")
    write_file(to, own_page(state, who).encode("utf-8", "replace"))
    return f"Your page, unsigned, is {to}: open it in a browser to print it."


def _row(lesson: LessonState) -> Row:
    outlined, tasks = lesson.outlined, lesson.tasks.values()
    passed = sum(task.passed for task in tasks)
    seen = sum(task.gave_up for task in tasks)
    after = f", {seen} after the solution" if seen else ""
    skills = [f"{skill.name} ({skill.id})" for skill in outlined.skills]
    return Row(outlined.title, skills, f"{passed} of {len(tasks)} tasks{after}")
