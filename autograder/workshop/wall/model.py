"""What the room is at, folded from the journal's events. Pure: no clock, no file, no network.

An event: `at` (seconds since 1970), `user`, `event`, and of
`begun`: the room was opened, by nobody; `drawn`: `pseudonym`; `help`, `name`: `on`;
`try`: `lesson`, `task`, `verdict`, `checks`, and the last of a push `end`.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from autograder.workshop.wall.known import Key
from hpclab.verdicts import Verdict

Event = Mapping[str, Any]
STUCK_SECONDS = 600.0  # without getting any further
GONE_SECONDS = 2700.0  # after the last try, nobody is stuck any more: they are at something else
LONGEST_SECONDS = 4 * 3600.0  # a task that took longer had a night or a lunch in it
_NOT_RIGHT = (Verdict.FAILED, Verdict.PARTIAL)


@dataclass
class Task:
    """A learner's work on one task. begun: when they turned to it; further: got further."""

    begun: float
    further: float
    verdict: Verdict = Verdict.UNATTEMPTED
    right: int = 0  # most checks passed at once
    failing: tuple[str, ...] = ()
    took: float | None = None  # seconds until it was passed, where that is known

    @property
    def passed(self) -> bool:
        """Once passed, it stays so."""
        return self.verdict is Verdict.PASSED


@dataclass
class Learner:
    """One learner. at: the task of the last try; help: since when they ask for it."""

    pseudonym: str = ""
    tasks: dict[Key, Task] = field(default_factory=dict)
    at: Key | None = None
    last: float = 0.0
    help: float | None = None
    named: bool = False
    end: int = 0  # how much of their progress file has arrived

    def stuck(self, now: float) -> float | None:
        """Since when they are stuck, or None."""
        task = self.tasks.get(self.at) if self.at else None
        if task is None or task.verdict not in _NOT_RIGHT or now - self.last > GONE_SECONDS:
            return None
        return task.further if now - task.further >= STUCK_SECONDS else None


Room = dict[str, Learner]


def fold(events: Iterable[Event]) -> Room:
    """The room after `events`, oldest first."""
    room: Room = {}
    for event in events:
        apply(room, event)
    return room


def apply(room: Room, event: Event) -> None:
    """One more event; one that is not as expected is passed over."""
    with suppress(KeyError, TypeError, ValueError, AttributeError):
        at, kind = float(event["at"]), event["event"]
        one = room.setdefault(str(event["user"]), Learner())
        if kind == "drawn":
            one.pseudonym = str(event["pseudonym"])
        elif kind == "help":
            one.help = (one.help or at) if event["on"] else None
        elif kind == "name":
            one.named = bool(event["on"])
        elif kind == "try":
            _try(one, event, at)


def _try(one: Learner, event: Event, at: float) -> None:
    key = (str(event["lesson"]), str(event["task"]))
    verdict = Verdict(event["verdict"])
    checks: dict[str, str] = event["checks"]
    right = sum(said == Verdict.PASSED for said in checks.values())
    one.end = int(event.get("end", one.end))
    task = one.tasks.get(key)
    if task is None:
        # They turned to it after their last try of another; of the very first, nobody knows.
        task = one.tasks[key] = Task(one.last or at, at)
    one.at, one.last = key, max(at, one.last)
    if task.passed:
        return
    if right > task.right:
        task.right, task.further = right, at
    task.verdict = verdict
    task.failing = tuple(name for name, said in checks.items() if said in _NOT_RIGHT)
    if verdict is Verdict.PASSED and 0 < at - task.begun <= LONGEST_SECONDS:
        task.took = at - task.begun
