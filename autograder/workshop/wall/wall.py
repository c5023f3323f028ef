"""The wall itself: takes what servers push, keeps it, and says what is to be seen."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.workshop.place import Place
from autograder.workshop.roster import Person
from autograder.workshop.wall import names, said, shown
from autograder.workshop.wall.journal import Journal
from autograder.workshop.wall.known import Course, stamp
from autograder.workshop.wall.model import Learner, apply, fold
from autograder.workshop.wall.pace import pace
from autograder.workshop.wall.rate import Rates
from hpclab.errors import HpclabError


class TooMuch(HpclabError):
    """Somebody says more than one person can."""


class Wall:
    """The room of a workshop, as its wall knows it.

    people: the roster; book, release: the built course; file: the journal; exchange: the course's
    folder there, with the instructor's plan; clock: seconds since 1970.
    """

    def __init__(
        self, people: list[Person], book: Path, release: Path, file: Path, exchange: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self.names = {one.user: one.name or one.user for one in people if not one.teaches}
        self.teachers = {one.user for one in people if one.teaches}
        self.clock = clock
        self.exchange = exchange
        self._where, self._stamp = (book, release), tuple[int, ...]()
        self.course = self._load()
        self.journal = Journal(file)
        events = list(self.journal.events())
        if not events:
            events = [{"at": clock(), "event": "begun"}]
            self.journal.append(events)
        self.begun = float(events[0]["at"])
        self.room = fold(events)
        self._rates = Rates()

    @classmethod
    def of(cls, place: Place) -> "Wall":
        """The wall of a workshop, from the files that `up` laid."""
        known = json.loads(place.wall_people.read_text("utf-8"))
        people = [Person(**one) for one in known["people"]]
        public = place.public
        return cls(
            people,
            public / "book/html",
            public / "course/release",
            place.wall_state / "events.jsonl",
            place.exchange / known["course"],
        )

    def push(self, user: str, body: bytes) -> dict[str, Any]:
        """Take what the server of `user` says; the answer is what they may know of themselves.

        HpclabError for what is not as expected, TooMuch from who does not stop, OSError where it
        could not be kept.
        """
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise HpclabError("Expected JSON.") from None
        self.refresh()
        events = said.events_of(told, self.course, self.clock(), self.begun)
        if not self._rates.allow(user, 1 + len(events), self.clock()):
            raise TooMuch(f"{user} says too much at once. Wait a second.")
        one = self.room.get(user, Learner())
        if not one.pseudonym:
            drawn = names.draw({other.pseudonym for other in self.room.values()})
            events.insert(0, {"at": self.clock(), "event": "drawn", "pseudonym": drawn})
        events = [{**event, "user": user} for event in events]
        self.journal.append(events)
        for event in events:
            apply(self.room, event)
        return self.about(user)

    def about(self, user: str) -> dict[str, Any]:
        """What a learner's own pages show."""
        one = self.room.get(user, Learner())
        return {
            "end": one.end, "help": one.help is not None, "name": one.named,
            "pseudonym": one.pseudonym, "called": self.names.get(user, user),
        }  # fmt: skip

    def refresh(self) -> None:
        """Read the course again if it was built anew."""
        if stamp(*self._where) != self._stamp:
            with suppress(HpclabError):  # just being laid
                self.course = self._load()

    def _load(self) -> Course:
        self._stamp = stamp(*self._where)
        return Course.load(*self._where)

    def view(self) -> Mapping[str, Any]:
        """What the page shows now."""
        now = self.clock()
        done = shown.done(self.course, self.room, self.names)
        where = pace(self.course.outline, self.exchange, done, datetime.fromtimestamp(now))
        return shown.wall(self.course, self.room, self.names, now, where)

    def people(self) -> list[dict[str, Any]]:
        """Who is who: for instructors."""
        return shown.people(self.room, self.names, self.clock())
