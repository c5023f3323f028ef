"""What can be done at the desk: each is one or more commands that are there already."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from autograder.records.exports import FORMATS
from autograder.workshop.plan import minute
from hpclab.errors import HpclabError, unknown
from hpclab.outline import Outline
from hpclab.server.notes import LONGEST

MARKS = "marks"  # the folder of the course that exports go into
LATE = ("none", "zero")
_LONGEST_TIME = 40
Said = Mapping[str, str]
Command = list[str]


class Deed(NamedTuple):
    """What is done, in words, and the commands that do it, one after another."""

    words: str
    commands: list[Command]


def deed(said: object, outline: Outline, program: Command) -> Deed:
    """What a page asks for, `{"do": ..., ...}` of strings; an HpclabError for what is none."""
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise HpclabError("Expected an object of strings.")
    if (kind := said.get("do", "")) not in _KINDS:
        raise unknown("action", kind, _KINDS)
    try:
        words, commands = _KINDS[kind](said, outline)
    except KeyError as error:
        raise HpclabError(f"{error} was not given.") from None
    return Deed(words, [[*program, *command] for command in commands])


def command_line() -> Command:
    """`autograder` of this environment."""
    return [str(Path(sys.executable).parent / "autograder")]


def marks(format: str) -> str:
    """The name of an export's file."""
    return f"{format}.{'json' if format == 'json' else 'csv'}"


def _release(said: Said, outline: Outline) -> Deed:
    lesson = outline.lesson(said["lesson"])
    return Deed(f"Release {lesson.title}", [["workshop", "release", "--", lesson.slug]])


def _note(said: Said, outline: Outline) -> Deed:
    text = said["text"].strip()
    if not text or len(text) > LONGEST or "\0" in text:
        raise HpclabError(f"Expected a note of 1 to {LONGEST} characters, not {len(text)}.")
    return Deed("Push a note", [["workshop", "note", "--", text]])


def _plan(said: Said, outline: Outline) -> Deed:
    name, start = said["plan"], said["start"]
    if name not in outline.plans and (name or outline.plans):
        raise unknown("plan", name, outline.plans)
    minute(start)
    named = ["--", name] if name else []
    return Deed("Change the plan", [["workshop", "plan", f"--start={start}", *named]])


def _grade(said: Said, outline: Outline) -> Deed:
    return Deed("Collect and grade all", [["workshop", "collect"], ["grade"]])


def _feedback(said: Said, outline: Outline) -> Deed:
    return Deed("Feedback to all", [["workshop", "feedback"]])


def _export(said: Said, outline: Outline) -> Deed:
    format = said["format"]
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    to = f"--to={MARKS}/{marks(format)}"
    return Deed(f"Export marks ({format})", [["export", f"--format={format}", to]])


def _deadline(said: Said, outline: Outline) -> Deed:
    lesson, time = outline.lesson(said["lesson"]), said["time"].strip()
    if not time or len(time) > _LONGEST_TIME or "\0" in time:
        raise HpclabError("Expected a time such as 2026-12-01T18:00, or none.")
    return Deed(f"Deadline of {lesson.title}", [["deadline", "--", lesson.slug, time]])


def _late(said: Said, outline: Outline) -> Deed:
    if said["late"] not in LATE:
        raise unknown("late rule", said["late"], LATE)
    return Deed("Change the late rule", [["deadline", f"--late={said['late']}"]])


_KINDS: dict[str, Callable[[Said, Outline], Deed]] = {
    "release": _release,
    "note": _note,
    "plan": _plan,
    "grade": _grade,
    "feedback": _feedback,
    "export": _export,
    "deadline": _deadline,
    "late": _late,
}
