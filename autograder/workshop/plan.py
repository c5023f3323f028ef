"""The plan of the day: which lesson when, and how far a room is behind. No clock is read here.

A time of day is minutes since midnight, by the clock of the room.
"""

import json
import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hpclab.course import Plan
from hpclab.errors import HpclabError, unknown
from hpclab.outline import Outline

CHOICE = "plan.json"  # in the course's folder of the exchange: which plan, and when it began
_NINE = "09:00"
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class Choice(NamedTuple):
    """What the instructor chose: a plan's name ("" for all lessons in order), when it begins."""

    plan: str
    start: str


@dataclass(frozen=True)
class Slot:
    """A part of the day, from `begin` to `end`. lesson: its slug, "" for a break."""

    lesson: str
    title: str
    begin: int
    end: int


def slots(outline: Outline, choice: Choice) -> list[Slot]:
    """The day: the lessons of the plan one after another, with its breaks."""
    plan = outline.plans.get(choice.plan)
    lessons = outline.tracks[plan.track].lessons if plan else [one.slug for one in outline.lessons]
    day: list[Slot] = []
    at = minute(choice.start)
    for slug in lessons:
        lesson = outline.lesson(slug)
        day.append(Slot(slug, lesson.title, at, at := at + lesson.minutes.room))
        for one in plan.breaks if plan else ():
            if one.after == slug:
                day.append(Slot("", one.title, at, at := at + one.minutes))
    return day


def behind(day: Sequence[Slot], now: int, done: Collection[str]) -> int:
    """By how many minutes the room is behind its plan; below 0, ahead of it.

    It is where its first lesson is that is not in `done`, and on time until that should have ended.
    A room that is through with everything is as far ahead as the day's end is away.
    """
    earliest = day[0].begin if day else now
    for slot in day:
        if not slot.lesson:
            continue
        if slot.lesson not in done:
            return now - slot.end if now > slot.end else min(0, now - earliest)
        earliest = slot.end
    return min(0, now - earliest)


def at(day: Sequence[Slot], now: int) -> Slot | None:
    """What the plan says for `now`; None before the day and after it."""
    return next((slot for slot in day if slot.begin <= now < slot.end), None)


def minute(clock: str) -> int:
    """Minutes since midnight of a time such as 09:05; an HpclabError for what is none."""
    if not (found := _CLOCK.fullmatch(clock)):
        raise HpclabError(f"'{clock}' is no time of day; expected one such as 09:05.")
    return 60 * int(found[1]) + int(found[2])


def clock(minute: int) -> str:
    """A time of day as it is read; past midnight it begins anew."""
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def choose(outline: Outline, plan: str | None = None, start: str | None = None) -> Choice:
    """The plan of that name, by default the first of the course, from `start`, by default its own.

    A course without plans has all its lessons in order, from nine on.
    """
    name = next(iter(outline.plans), "") if plan is None else plan
    if name and name not in outline.plans:
        raise unknown("plan", name, outline.plans)
    known: Plan | None = outline.plans.get(name)
    begins = start or (known.start if known else _NINE)
    minute(begins)
    return Choice(name, begins)


def chosen(exchange: Path, outline: Outline) -> Choice:
    """What the instructor chose for the room, by a file in `exchange`, the course's folder there.

    A file that is not there, not theirs, or names a plan that is gone: the course's first plan.
    """
    try:
        file = os.open(exchange / CHOICE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(file, "rb") as handle:
            if os.fstat(file).st_uid == exchange.stat().st_uid:
                said = json.loads(handle.read(4096))
                return choose(outline, str(said["plan"]), str(said["start"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, HpclabError):
        pass
    return choose(outline)
