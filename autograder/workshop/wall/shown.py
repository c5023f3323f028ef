"""What the wall shows of the room, as JSON-ready values. Pure: the time is given.

Up to `CROWD` learners have a row each; of more, the columns are counts, and rows are only for who
asks for help or is stuck.
"""

import statistics
from collections import Counter
from collections.abc import Mapping
from typing import Any

from autograder.workshop.wall.known import Course, Key
from autograder.workshop.wall.model import Learner, Room
from hpclab.verdicts import Verdict

Json = dict[str, Any]
CROWD = 60  # learners; more rows than that nobody reads from ten metres
ROWS = 15  # of those who need somebody
FEW = 3  # learners who passed a task, before their median time is shown
_SIGNS = {
    Verdict.PASSED: "p", Verdict.PARTIAL: "a", Verdict.FAILED: "f",
    Verdict.UNATTEMPTED: "u", Verdict.INCONCLUSIVE: "i",
}  # fmt: skip
_NONE = "."


def wall(course: Course, room: Room, names: Mapping[str, str], now: float, pace: str = "") -> Json:
    """The wall. names: of every learner of the roster, by user; others are not shown."""
    on = {user: one for user, one in room.items() if user in names and (one.tasks or one.help)}
    stuck = {user: since for user, one in on.items() if (since := one.stuck(now)) is not None}
    crowd = len(on) > CROWD

    def called(user: str) -> str:
        return names[user] if on[user].named else on[user].pseudonym

    needy = sorted(on, key=lambda user: _urgency(on[user], stuck.get(user)))
    needy = [user for user in needy if on[user].help or user in stuck]
    tasks = course.tasks
    rows = [] if crowd else sorted(on, key=lambda user: called(user).casefold())
    return {
        "title": course.outline.title,
        "of": len(names), "on": len(on), "crowd": crowd, "pace": pace,
        "lessons": [_lesson(course, on, stuck, slug) for slug in _slugs(course)],
        "focus": _focus(course, on),
        "needs": [_need(on[user], called(user), stuck.get(user), now) for user in needy[:ROWS]],
        "more": max(0, len(needy) - ROWS),
        "helping": sum(one.help is not None for one in on.values()), "stuck": len(stuck),
        "rows": [
            _row(on[user], called(user), user in stuck, tasks) for user in rows
        ],
        "common": most_common(course, on),
    }  # fmt: skip


def people(room: Room, names: Mapping[str, str], now: float) -> list[Json]:
    """Who is who, for the instructor's own desk and never for the wall."""
    found = []
    for user, name in names.items():
        one = room.get(user, Learner())
        stuck = one.stuck(now)
        found.append(
            {
                "user": user, "name": name, "pseudonym": one.pseudonym, "named": one.named,
                "help": _minutes(one.help, now), "stuck": _minutes(stuck, now),
                "lesson": one.at[0] if one.at else "", "task": one.at[1] if one.at else "",
                "verdict": str(one.tasks[one.at].verdict) if one.at else "",
            }
        )  # fmt: skip
    return found


def most_common(course: Course, on: Room) -> Json | None:
    """The check at which most learners stand, two at least; its sentence is the course's own."""
    counts = Counter(
        (key, name)
        for one in on.values()
        for key, task in one.tasks.items()
        if not task.passed
        for name in task.failing
        if name in course.checks.get(key, {})
    )
    order = {key: number for number, key in enumerate(course.tasks)}
    known = [(count, -order[key], key, name) for (key, name), count in counts.items()
             if key in order and count > 1]  # fmt: skip
    if not known:
        return None
    count, _, key, name = max(known)
    lesson, task = key
    return {"lesson": lesson, "task": task, "check": name, "count": count,
            "sentence": course.checks[key][name]}  # fmt: skip


def done(course: Course, room: Room, names: Mapping[str, str]) -> set[str]:
    """The lessons whose core task half of those on the wall have passed: where the room is."""
    on = [one for user, one in room.items() if user in names and one.tasks]
    return {
        lesson.slug
        for lesson in course.outline.lessons
        if on and lesson.tasks and 2 * sum(_passed(one, (lesson.slug, lesson.tasks[0]))
                                           for one in on) >= len(on)
    }  # fmt: skip


def _slugs(course: Course) -> list[str]:
    return [lesson.slug for lesson in course.outline.lessons if lesson.tasks]


def _passed(one: Learner, key: Key) -> bool:
    return key in one.tasks and one.tasks[key].passed


def _urgency(one: Learner, stuck: float | None) -> tuple[bool, float]:
    """Who asks goes before who is stuck; who has waited longest goes first."""
    return (one.help is None, one.help or stuck or 0.0)


def _focus(course: Course, on: Room) -> list[str]:
    """The lessons that an eighth of the room is at, three at most, in order; else the first."""
    where = Counter(one.at[0] for one in on.values() if one.at)
    slugs = _slugs(course)
    most = [slug for slug, count in where.most_common(3) if slug in slugs and 8 * count >= len(on)]
    return sorted(most, key=slugs.index) or slugs[:1]


def _lesson(course: Course, on: Room, stuck: Mapping[str, float], slug: str) -> Json:
    lesson = course.outline.lesson(slug)
    stretch = lesson.minutes.stretch / max(1, len(lesson.tasks) - 1)
    return {
        "slug": slug,
        "title": lesson.title,
        "tasks": [
            _column(on, stuck, (slug, task), round(stretch) if number else lesson.minutes.core)
            for number, task in enumerate(lesson.tasks)
        ],
    }


def _column(on: Room, stuck: Mapping[str, float], key: Key, plan: int) -> Json:
    """Counts of a task, and the median time that it took."""
    at = [one.tasks[key] for one in on.values() if key in one.tasks]
    counts = Counter(_SIGNS[task.verdict] for task in at)
    took = [task.took for task in at if task.took is not None]
    return {
        "name": key[1],
        "counts": {sign: counts[sign] for sign in _SIGNS.values()} | {_NONE: len(on) - len(at)},
        "stuck": sum(on[user].at == key for user in stuck),
        "minutes": round(statistics.median(took) / 60) if len(took) >= FEW else None,
        "plan": plan,
    }


def _row(one: Learner, name: str, stuck: bool, tasks: list[Key]) -> Json:
    cells = "".join(_SIGNS[one.tasks[key].verdict] if key in one.tasks else _NONE for key in tasks)
    at = tasks.index(one.at) if one.at in tasks else -1
    return {"name": name, "cells": cells, "at": at, "help": one.help is not None, "stuck": stuck}


def _need(one: Learner, name: str, stuck: float | None, now: float) -> Json:
    return {"name": name, "help": _minutes(one.help, now), "stuck": _minutes(stuck, now),
            "task": one.at[1] if one.at else ""}  # fmt: skip


def _minutes(since: float | None, now: float) -> int | None:
    return None if since is None else max(0, int((now - since) / 60))
