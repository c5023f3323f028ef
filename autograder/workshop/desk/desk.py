"""What the desk shows: plan, lessons, who asks for help, what was said, what is being done."""

import json
import os
import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.records.exports import FORMATS
from autograder.workshop.desk.deeds import LATE, MARKS, command_line, marks
from autograder.workshop.desk.people import People
from autograder.workshop.desk.run import Runner
from autograder.workshop.plan import at, chosen, clock, slots
from hpclab.outline import Outline
from hpclab.server.notes import LONGEST, Board

FRESH = 2.0  # seconds for which counts and deadlines are good
Json = dict[str, Any]


class Desk:
    """The desk of a workshop. course: the course directory; exchange: the course's folder there;
    book: the book's HTML."""

    def __init__(self, course: Path, exchange: Path, book: Path) -> None:
        self.course, self.exchange, self.book = course, exchange, book
        self.program = command_line()
        self.run = Runner(course)
        self.room = People(os.environ.get("HPCLAB_WALL", ""))
        self._board = Board(exchange, None)
        (course / MARKS).mkdir(mode=0o700, exist_ok=True)
        self._counted: tuple[float, Json] = (0.0, {})

    def outline(self) -> Outline:
        """The outline of the book; an HpclabError while there is none."""
        return Outline.load(self.book)

    def seen(self) -> str:
        """All of it, as JSON."""
        outline = self.outline()
        self._board.read()
        return json.dumps(
            {
                "course": outline.title,
                "plan": self._plan(outline),
                "lessons": self._lessons(outline),
                "notes": self._board.notes[-5:],
                "longest": LONGEST,
                "marks": [name for name in map(marks, FORMATS) if self.marks(name)],
                "formats": list(FORMATS),
                "late": list(LATE),
                "people": self.room.seen(),
                "run": self.run.seen(),
            }
        )

    def marks(self, name: str) -> Path | None:
        """An export that was made, by its file's name; None for any other name."""
        file = self.course / MARKS / name
        return file if name in map(marks, FORMATS) and file.is_file() else None

    def _plan(self, outline: Outline) -> Json:
        choice, now = chosen(self.exchange, outline), datetime.now()
        day = slots(outline, choice)
        present = at(day, 60 * now.hour + now.minute)
        return {
            "name": choice.plan,
            "start": choice.start,
            "names": list(outline.plans),
            "clock": f"{now:%H:%M}",
            "slots": [
                {"lesson": one.lesson, "title": one.title, "begin": clock(one.begin),
                 "end": clock(one.end), "minutes": one.end - one.begin, "now": one == present}
                for one in day
            ],
        }  # fmt: skip

    def _lessons(self, outline: Outline) -> list[Json]:
        counted = self._count()
        outbound = self.exchange / "outbound"
        return [
            {
                "slug": one.slug,
                "title": one.title,
                "released": (outbound / one.slug).is_dir(),
                "handed_in": counted["handed_in"][one.slug],
                "graded": counted["graded"][one.slug],
                "due": counted["due"].get(one.slug),
            }
            for one in outline.lessons
        ]

    def _count(self) -> Json:
        """How many have handed in, and are graded; when it is due. Not counted at each look."""
        if time.monotonic() - self._counted[0] > FRESH:
            inbound = {
                tuple(path.name.rsplit("+", 3)[:2])
                for path in (self.exchange / "inbound").glob("[!.]*+*+*+*")
            }
            taken = {(path.parent.name, path.name) for path in self.course.glob("submitted/*/*")}
            graded = Counter(path.name for path in self.course.glob("autograded/*/*"))
            handed = Counter(name for _, name in inbound | taken)
            self._counted = (
                time.monotonic(), {"handed_in": handed, "graded": graded, "due": self._due()}
            )  # fmt: skip
        return self._counted[1]

    def _due(self) -> dict[str, str]:
        """Until when each lesson is wanted, by nbgrader's gradebook, in the room's own time."""
        found = {}
        try:
            address = f"file:{self.course / 'gradebook.db'}?mode=ro"
            with closing(sqlite3.connect(address, uri=True, timeout=1)) as book:
                for name, due in book.execute("SELECT name, duedate FROM assignment"):
                    if due:
                        when = datetime.fromisoformat(due).replace(tzinfo=UTC).astimezone()
                        found[name] = f"{when:%Y-%m-%dT%H:%M}"
        except (sqlite3.Error, ValueError):
            pass  # none yet, or it is being written
        return found
