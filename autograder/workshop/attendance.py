"""Who was there: what the hub notes while the room is open, and the list that is made of it.

One line of JSON a note, appended and never rewritten, in the hub's own folder.
"""

import json
import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from pathlib import Path
from typing import Any

from autograder.workshop.roster import Person

COLUMNS = ("user", "name", "day", "first_seen", "last_seen", "minutes")
PAUSE = timedelta(minutes=30)  # who is back within it was there all the time, and listened
_OFTEN = timedelta(minutes=1)  # between two notes that somebody was at work
log = logging.getLogger(__name__)


class Register:
    """Notes in `path`; the hub calls its methods, whose arguments are JupyterHub's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: dict[str, datetime] = {}

    def logged_in(self, _authenticator: Any, _handler: Any, model: Any) -> Any:
        """After the right password."""
        if model:
            self._note(model["name"], "login", datetime.now(UTC))
        return model

    def starts(self, spawner: Any) -> None:
        """Before a server starts."""
        self._note(spawner.user.name, "start", datetime.now(UTC))

    def seen(self, user: str, at: datetime) -> None:
        """Somebody's server was last used `at`, in UTC; said again and again."""
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if user not in self._last or at - self._last[user] >= _OFTEN:
            self._note(user, "seen", at)

    def _note(self, user: str, what: str, at: datetime) -> None:
        self._last[user] = max(at, self._last.get(user, at))
        line = json.dumps({"at": at.isoformat(timespec="seconds"), "user": user, "what": what})
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:  # a newline before it too: the last line may be torn
                os.write(handle, f"\n{line}\n".encode())
            finally:
                os.close(handle)
        except OSError as error:  # a full disk keeps nobody out
            log.warning("Attendance was not noted in %s: %s", self._path, error.strerror)


def notes(path: Path) -> Iterator[tuple[str, datetime]]:
    """User and time of each note that can be read."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    for line in text.split("\n"):
        try:
            note = json.loads(line)
            at = datetime.fromisoformat(note["at"])
            yield str(note["user"]), at if at.tzinfo else at.replace(tzinfo=UTC)
        except (ValueError, TypeError, KeyError):
            continue


def attendance(
    noted: Iterable[tuple[str, datetime]], people: Sequence[Person], zone: tzinfo | None = None
) -> list[list[str]]:
    """A row a person and day, by COLUMNS, in the roster's order; who never came has an empty day.

    Times are those of `zone`, by default of this machine. minutes: from note to note, without
    pauses longer than PAUSE.
    """
    by_day: dict[str, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for user, at in noted:
        here = at.astimezone(zone)
        by_day[user][f"{here:%Y-%m-%d}"].append(here)
    names = {person.user: person.name for person in people if not person.teaches}
    teachers = {person.user for person in people if person.teaches}
    rows = []
    for user in [*names, *sorted(set(by_day) - set(names) - teachers)]:
        about = [user, names.get(user, "")]
        days = by_day.get(user, {})
        rows += [[*about, day, *_span(sorted(times))] for day, times in sorted(days.items())]
        if not days:
            rows.append([*about, "", "", "", "0"])
    return rows


def _span(times: list[datetime]) -> list[str]:
    """First, last, and minutes between."""
    gaps = [later - earlier for earlier, later in pairwise(times)]
    there = sum((gap for gap in gaps if gap <= PAUSE), timedelta())
    minutes = round(there.total_seconds() / 60)
    return [f"{times[0]:%H:%M}", f"{times[-1]:%H:%M}", str(minutes)]
