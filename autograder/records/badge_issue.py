"""Badges for one learner or for all: the signed file, and the page beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nbgrader.api import MissingEntry
from openbadgeslib import Issuer

from autograder.records.badge import Grades, make_credential, missing
from autograder.records.badge_key import CentreKey
from autograder.records.badge_page import badge_page
from autograder.records.badge_words import Goal
from autograder.records.exports import Score
from hpclab.errors import unknown

_LONGEST = 200  # characters of a file's name, of 255 that Linux allows


@dataclass(frozen=True)
class Report:
    """What became of one learner's badge. stands: whether there is one now."""

    text: str
    stands: bool


@dataclass(frozen=True)
class Issuing:
    """What the badges of one run have in common; to: the folder that they are written to."""

    goal: Goal
    grades: Grades
    key: CentreKey
    issuer: Issuer
    to: Path
    until: datetime | None = None
    plain: bool = False

    def badges(self, student: str | None = None) -> Iterator[Report]:
        """One learner's badge, or those of all; HpclabError where there is no such learner."""
        gradebook = self.grades.gradebook
        if student is None:
            yield from map(self._badge, sorted(gradebook.students, key=lambda one: str(one.id)))
            return
        try:
            found = gradebook.find_student(student)
        except MissingEntry:
            raise unknown("learner", student, (one.id for one in gradebook.students)) from None
        yield self._badge(found)

    def _badge(self, student: Any) -> Report:
        name = f"{self.goal.name}.{quote(student.id, safe='')}"
        if len(name) > _LONGEST:
            return Report(f"{student.id:.60}…: this id is too long for a file's name.", False)
        file = self.to / f"{name}.jwt"
        if file.exists():
            return Report(f"{student.id}: {file} is there; delete it to issue another.", True)
        scores = self.grades.scores(student, [part.slug for part in self.goal.parts])
        if lacks := missing(self.goal, self.grades, student, scores):
            lines = "\n".join(f"  {line}" for line in lacks)
            return Report(f"{student.id} has not earned it:\n{lines}", False)
        page = file.with_suffix(".html")
        self._write(student, scores, file, page)
        return Report(f"{student.id}: {file} is the badge, {page.name} its page to print.", True)

    def _write(self, student: Any, scores: Mapping[str, Score], file: Path, page: Path) -> None:
        """Both files, the signed one last: where it stands, both do."""
        credential = make_credential(
            self.goal, self.grades, student, scores, self.issuer,
            plain=self.plain, until=self.until,
        )  # fmt: skip
        token = self.key.sign(credential)
        who = " ".join(filter(None, (student.first_name, student.last_name))) or student.id
        _put(page, badge_page(self.goal, credential, who, file.name))
        _put(file, token + "\n")


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
