"""What a learner's server may say to the wall: known names, no text; all else is left out."""

import math
from datetime import datetime
from typing import Any

from autograder.workshop.wall.known import Course
from hpclab.errors import HpclabError
from hpclab.verdicts import Verdict

TRIES = 20  # at once
_NEVER = {Verdict.SKIPPED}  # of a task; of a check it is usual
_FIELDS = {"end", "tries", "help", "name"}
_LARGEST = 2**53


def events_of(said: Any, course: Course, now: float, begun: float = 0.0) -> list[dict[str, Any]]:
    """The events of `{"end": bytes, "tries": [...], "help": bool, "name": bool}`, all optional.

    A body of another shape is an HpclabError. A try of something that the course does not have is
    left out: learners may have exercises of their own. So is one from before the room `begun`: only
    who checks here is on the wall.
    """
    if not isinstance(said, dict) or set(said) - _FIELDS:
        raise HpclabError(f"Expected an object with some of {', '.join(sorted(_FIELDS))}.")
    end, tries = said.get("end", 0), said.get("tries", [])
    if isinstance(end, bool) or not isinstance(end, int) or not 0 <= end < _LARGEST:
        raise HpclabError("end: expected a number of bytes.")
    if not isinstance(tries, list) or len(tries) > TRIES:
        raise HpclabError(f"tries: expected a list of at most {TRIES}.")
    events = [made for one in tries if (made := _try(one, course, now)) and made["at"] >= begun]
    if events:
        events[-1]["end"] = end  # when all of them are kept
    for kind in ("help", "name"):
        if kind in said:
            if not isinstance(said[kind], bool):
                raise HpclabError(f"{kind}: expected true or false.")
            events.append({"at": now, "event": kind, "on": said[kind]})
    return events


def _try(one: Any, course: Course, now: float) -> dict[str, Any] | None:
    if not isinstance(one, dict):
        raise HpclabError("tries: expected objects.")
    lesson, task, said = (one.get(name) for name in ("lesson", "task", "verdict"))
    if not (isinstance(lesson, str) and isinstance(task, str) and isinstance(said, str)):
        return None
    known, given = course.checks.get((lesson, task)), one.get("checks")
    if known is None or said not in set(Verdict) - _NEVER or not isinstance(given, dict):
        return None
    checks = {name: given[name] for name in known
              if isinstance(given.get(name), str) and given[name] in set(Verdict)}  # fmt: skip
    return {"at": _when(one.get("at"), now), "event": "try", "lesson": lesson, "task": task,
            "verdict": said, "checks": checks}  # fmt: skip


def _when(said: Any, now: float) -> float:
    """The time that the learner's own file has, which may be from before the wall came back."""
    try:
        at = datetime.fromisoformat(said).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return now
    return min(at, now) if math.isfinite(at) and at > 0 else now
