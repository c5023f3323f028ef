"""Who takes part: a CSV file with a column `user`, and, if wanted, `name`, `email` and `role`."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hpclab.errors import FileError

COLUMNS = ("user", "name", "email", "role")
ROLES = ("learner", "instructor")
_USER = re.compile(r"[a-z][a-z0-9_-]{0,30}")  # what Linux takes for an account, and a URL as it is


@dataclass(frozen=True)
class Person:
    """One line of the roster. user: the name of their system account and of their login."""

    user: str
    name: str = ""
    email: str = ""
    role: str = "learner"

    @property
    def teaches(self) -> bool:
        """Whether they are an instructor."""
        return self.role == "instructor"


def read_roster(path: Path, prefix: str = "") -> list[Person]:
    """Everybody in the file, `prefix` before each user; a FileError names the line to mend."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # spreadsheets put a mark at the beginning
    except UnicodeDecodeError:
        raise FileError(path, None, "expected text in UTF-8: save it as CSV UTF-8") from None
    separator = ";" if ";" in text.partition("\n")[0] else ","  # as European spreadsheets write it
    reader = csv.DictReader(text.splitlines(), delimiter=separator)
    given = [name.strip().lower() for name in reader.fieldnames or []]
    if "user" not in given or set(given) - set(COLUMNS):
        raise FileError(
            path, 1, f"expected the columns user and, if wanted, name, email, role; not {given}"
        )
    reader.fieldnames = given
    people = [_person(path, reader.line_num, row, prefix) for row in reader]
    _check(path, people)
    return people


def _person(path: Path, line: int, row: dict[str, str | None], prefix: str) -> Person:
    if None in row:
        raise FileError(path, line, "more columns than the first line names")
    said = {key: (value or "").strip() for key, value in row.items()}
    user, role = prefix + said["user"], said.get("role", "").lower() or "learner"
    if not _USER.fullmatch(user):
        raise FileError(
            path, line, f"user '{user}': expected small letters, digits, - and _, at most 31, "
            "a letter first",
        )  # fmt: skip
    if role not in ROLES:
        raise FileError(path, line, f"role '{role}': expected one of {', '.join(ROLES)}, or none")
    return Person(user, said.get("name", ""), said.get("email", ""), role)


def _check(path: Path, people: Sequence[Person]) -> None:
    users = [person.user for person in people]
    if twice := sorted({user for user in users if users.count(user) > 1}):
        raise FileError(path, None, f"each user once, please: {', '.join(twice)}")
    if not any(person.teaches for person in people):
        raise FileError(path, None, "nobody has the role instructor: who is to grade?")
    if all(person.teaches for person in people):
        raise FileError(path, None, "there is no learner")
