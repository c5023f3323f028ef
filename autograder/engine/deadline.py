"""`autograder deadline`: until when an assignment is wanted, and what later work loses.

Both are nbgrader's own: the deadline stands in its gradebook, the late rule in its settings, so
that its commands, Formgrader and ours give the same points.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from autograder.engine.course import OWN_FILE, CourseFolder, own_settings
from autograder.records.late import RULES
from hpclab.errors import HpclabError, unknown

_WORDS = {"none": "late work keeps its points", "zero": "late work gets no points"}


@dataclass(frozen=True)
class Deadline:
    """An assignment and when it is due, with its zone; None: at any time."""

    assignment: str
    due: datetime | None

    def __str__(self) -> str:
        if self.due is None:
            return f"{self.assignment}: no deadline"
        here = self.due.astimezone()
        return f"{self.assignment}: due {here:%Y-%m-%d %H:%M %Z} ({self.due:%Y-%m-%d %H:%M} UTC)"

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready values."""
        return {"assignment": self.assignment, "due": self.due.isoformat() if self.due else None}


def deadlines(folder: CourseFolder, gradebook: Gradebook) -> Iterator[Deadline]:
    """Of each assignment of the course its deadline."""
    dues = {one.name: one.duedate for one in gradebook.assignments}
    for name in folder.known(gradebook):
        due = dues.get(name)
        yield Deadline(name, due.replace(tzinfo=UTC) if due else None)


def read_time(text: str, now: datetime) -> datetime | None:
    """A time that somebody typed, in UTC; None for `none`.

    `2026-12-01T18:00`, with a zone of its own or else this machine's; `18:00` is on `now`'s day.
    """
    if text.strip().lower() == "none":
        return None
    try:
        if ":" in text[:3]:
            when = datetime.combine(now.date(), time.fromisoformat(text.strip()))
        else:
            when = datetime.fromisoformat(text.strip())
        return when.astimezone(UTC)
    except (ValueError, OverflowError):
        raise HpclabError(
            f"'{text}' is no time; expected one such as 2026-12-01T18:00, 2026-12-01T18:00+01:00, "
            "18:00 for today, or none."
        ) from None


def set_deadline(
    folder: CourseFolder, gradebook: Gradebook, assignment: str, due: datetime | None
) -> None:
    """Set an assignment's deadline in the gradebook, or take it away."""
    (name,) = folder.names(gradebook, assignment)
    if name not in {one.name for one in gradebook.assignments}:
        folder.assignments(name, gradebook)  # which lets the gradebook know of it
    when = due.astimezone(UTC).replace(tzinfo=None) if due else None  # as nbgrader keeps it
    gradebook.update_or_create_assignment(name, duedate=when)
    if when is None:  # nbgrader fails on an extension of no deadline
        for submission in gradebook.assignment_submissions(name):
            submission.extension = None
        gradebook.db.commit()


def set_rule(root: Path, rule: str) -> None:
    """Set the late rule of the course in `root`, beside its other settings, for all assignments."""
    if rule not in RULES:
        raise unknown("late rule", rule, RULES)
    settings = own_settings(root)
    settings.LateSubmissionPlugin.penalty_method = rule
    path = root / OWN_FILE
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def said_of(rule: str) -> str:
    """What a late rule means, in words."""
    return f"late rule {rule}: {_WORDS.get(rule, 'late work loses what that plugin says')}"


def settle_all(folder: CourseFolder, gradebook: Gradebook) -> list[str]:
    """Apply deadlines and rule to what is graded already; whose points changed, in sentences."""
    rule = folder.late_rule()
    said = []
    for assignment in [one.name for one in gradebook.assignments]:
        if changed := rule.settle(gradebook, assignment):
            said.append(
                f"{assignment}: other points now for {', '.join(sorted(changed))}. Their feedback "
                "pages must be made and released again."
            )
    return said
