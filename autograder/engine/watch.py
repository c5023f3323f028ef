"""`autograder watch`: what arrives in the exchange is graded, and its feedback handed back."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from autograder.engine.exchange import Arrival, Exchange
from autograder.engine.farm import ClusterGone
from autograder.engine.grade import Grader
from autograder.examiner.record import Record
from hpclab.errors import HpclabError

_LATER = 30.0  # seconds until what went wrong is tried again


class Quiet:
    """Nobody watches the bar: each submission has its own line."""

    def begin(self, name: str, submissions: int) -> None:
        """Nothing."""

    def ran(self, record: Record, *, alone: bool) -> None:
        """Nothing."""

    def saved(self, saved: object) -> None:
        """Nothing."""

    def no_workers(self) -> None:
        """Nothing."""


@dataclass
class Watcher:
    """Looks into the exchange; tells one line an event: learner, assignment, what became of it."""

    grader: Grader
    exchange: Exchange
    tell: Callable[[str], None]
    _seen: set[Arrival] = field(default_factory=set)
    _open: dict[tuple[str, str], float] = field(default_factory=dict)  # when to see to it

    def watch(self, every: float) -> None:
        """Look for ever, every so many seconds."""
        while True:
            self.look()
            time.sleep(every)

    def look(self) -> None:
        """Collect what has arrived, and see to all that is open."""
        now = time.monotonic()
        known = self.grader.known()
        for arrival in sorted(set(self.exchange.arrivals()) - self._seen):
            if arrival.assignment in known:
                self._seen.add(arrival)
                self._open[arrival.student, arrival.assignment] = now
        for (student, assignment), when in list(self._open.items()):
            if when <= now:
                self._see_to(student, assignment)

    def _see_to(self, student: str, assignment: str) -> None:
        who = f"{student} {assignment}"
        try:
            for warning in self.exchange.collect(student, assignment):
                self.tell(f"{who}: {warning}")
            if not self.exchange.handed_back(student, assignment):
                self._grade(student, assignment)
            del self._open[student, assignment]
        except ClusterGone:
            raise
        except (HpclabError, OSError) as error:  # it costs this submission a delay, no other's
            self.grader.farm.close()
            self._open[student, assignment] = time.monotonic() + _LATER
            self.tell(f"{who}: {error}")

    def _grade(self, student: str, assignment: str) -> None:
        began = time.monotonic()
        report = self.grader.grade(assignment, students=[student])
        if report.problems:
            raise HpclabError("; ".join(report.problems))
        warnings = self.exchange.hand_back(student, assignment)
        for one in report.outcomes:
            points = f"{one.score:g} of {one.of:g}" + (f", late: -{one.late:g}" * bool(one.late))
            points += ", waits for a person" * one.waits
            took = time.monotonic() - began
            self.tell(f"{student} {assignment}: {points}; feedback handed back after {took:.1f} s")
        for warning in warnings:
            self.tell(f"{student} {assignment}: {warning}")
