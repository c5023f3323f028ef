"""What the gradebook says, in the formats that other systems read."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, MissingEntry

from hpclab.errors import HpclabError, unknown

Row = list[str]
FORMAT = 1  # of the JSON document; another when a field changes its meaning


@dataclass(frozen=True)
class CellGrade:
    """What one grade cell earned, and whether a person must still look at it."""

    notebook: str
    cell: str
    score: float
    max_score: float
    needs_manual_grade: bool


@dataclass(frozen=True)
class Score:
    """One learner's result of one assignment, in points; times are UTC, "" where there is none.

    submitted: whether anything was handed in; without, all scores are 0.
    """

    assignment: str
    duedate: str
    max_score: float
    student_id: str
    last_name: str
    first_name: str
    email: str
    submitted: bool = False
    timestamp: str = ""
    raw_score: float = 0.0
    late_submission_penalty: float = 0.0
    score: float = 0.0
    cells: list[CellGrade] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        """Whether a person must still look at a part of it."""
        return any(cell.needs_manual_grade for cell in self.cells)

    @property
    def final(self) -> str:
        """The score for a system that has no word for an unfinished one: "" while it waits."""
        return f"{self.score:.10g}" if self.submitted and not self.waits else ""


def read_scores(gradebook: Gradebook, assignment: str | None = None) -> list[Score]:
    """Every learner's result of one assignment, or of all; HpclabError where there is none such."""
    known = {one.name: one for one in gradebook.assignments}
    if assignment and assignment not in known:
        raise unknown("assignment", assignment, known)
    chosen = [known[assignment]] if assignment else list(known.values())
    return [read_score(gradebook, one, student) for one in chosen for student in gradebook.students]


def read_score(gradebook: Gradebook, assignment: Assignment, student: Any) -> Score:
    """One learner's result of one assignment, both as the gradebook has them."""
    nothing = Score(
        assignment.name, str(assignment.duedate or ""), float(assignment.max_score), student.id,
        student.last_name or "", student.first_name or "", student.email or "",
    )  # fmt: skip
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        return nothing
    cells = [
        CellGrade(notebook.name, g.name, g.score, float(g.max_score), bool(g.needs_manual_grade))
        for notebook in submission.notebooks
        for g in sorted(notebook.grades, key=lambda grade: grade.name)
    ]
    raw, penalty = float(submission.score), float(submission.late_submission_penalty)
    came = {
        "submitted": True, "timestamp": str(submission.timestamp or ""), "raw_score": raw,
        "late_submission_penalty": penalty, "score": max(0.0, raw - penalty), "cells": cells,
    }  # fmt: skip
    return Score(**{**asdict(nothing), **came})


def as_nbgrader(scores: list[Score]) -> str:
    """The columns of `nbgrader export`; unlike there, a comma in a name does no harm."""
    columns = (
        "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
        "raw_score", "late_submission_penalty", "score", "max_score",
    )  # fmt: skip
    return csv_text([list(columns), *([str(getattr(s, c)) for c in columns] for s in scores)])


def as_moodle(scores: list[Score]) -> str:
    """For Moodle: Grades, Import, CSV file. A row a learner, grade and feedback of each assignment.

    An empty grade leaves Moodle without one.
    """
    names = _names(scores)
    head = ["Username", "First name", "Surname", "Email address"]
    rows = [head + [f"{kind}: {name}" for name in names for kind in ("Assignment", "Feedback")]]
    for mine in _by_learner(scores):
        who = next(iter(mine.values()))
        row = [who.student_id, who.first_name, who.last_name, who.email]
        for name in names:
            row += [mine[name].final, _told(mine[name])]
        rows.append(row)
    return csv_text(rows)


def as_canvas(scores: list[Score]) -> str:
    """For Canvas: Gradebook, Import. It finds a learner by SIS Login ID, an assignment by name."""
    names = _names(scores)
    points = {score.assignment: f"{score.max_score:.10g}" for score in scores}
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    rows = [head + names, ["    Points Possible", "", "", "", "", *(points[n] for n in names)]]
    for mine in _by_learner(scores):
        who = next(iter(mine.values()))
        name = ", ".join(filter(None, (who.last_name, who.first_name))) or who.student_id
        rows.append([name, "", "", who.student_id, "", *(mine[n].final for n in names)])
    return csv_text(rows)


def as_json(scores: list[Score]) -> str:
    """One document with everything; the book's page on exports describes its fields."""
    document = {"format": FORMAT, "scores": [{**asdict(s), "waits": s.waits} for s in scores]}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[list[Score]], str]] = {
    "nbgrader": as_nbgrader, "moodle": as_moodle, "canvas": as_canvas, "json": as_json,
}  # fmt: skip


def write_export(
    gradebook: Gradebook, assignment: str | None, format_name: str, to: Path | None
) -> str:
    """Write the file, beside and then renamed; a sentence that says what went where.

    HpclabError where the format or the assignment is none that is known, or the folder missing.
    """
    if format_name not in FORMATS:
        raise unknown("format", format_name, FORMATS)
    scores = read_scores(gradebook, assignment)
    path = to or Path("grades.json" if format_name == "json" else "grades.csv")
    if not path.parent.is_dir():
        raise HpclabError(
            f"There is no folder {path.parent}; expected one to write {path.name} in."
        )
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(FORMATS[format_name](scores), encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    waiting = sum(score.waits for score in scores)
    learners = len({score.student_id for score in scores})
    said = f"{path}: {learners} learners, {len(_names(scores))} assignments."
    if waiting and format_name in ("moodle", "canvas"):
        said += f" Left empty, since a person must still look at them: {waiting} scores."
    return said


def _names(scores: Iterable[Score]) -> list[str]:
    return list(dict.fromkeys(score.assignment for score in scores))


def _by_learner(scores: Iterable[Score]) -> list[dict[str, Score]]:
    """Of each learner the results by assignment; every learner has one of each."""
    found: dict[str, dict[str, Score]] = {}
    for score in scores:
        found.setdefault(score.student_id, {})[score.assignment] = score
    return list(found.values())


def _told(score: Score) -> str:
    """Points of each grade cell, in a line."""
    if not score.submitted:
        return ""
    said = [f"{c.cell}: {c.score:g} of {c.max_score:g}" for c in score.cells]
    if score.late_submission_penalty:
        said.append(f"late: -{score.late_submission_penalty:g}")
    return "; ".join(said)


def csv_text(rows: Iterable[Row]) -> str:
    """Rows as CSV, with no cell that a spreadsheet would take for a formula."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([list(map(_harmless, row)) for row in rows])
    return text.getvalue()


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; what is no printable character is a space."""
    text = "".join(c if c.isprintable() else " " for c in cell)
    # With the spaces in front that spreadsheets overlook; Canvas's own four stay as they are.
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@", "|", "%")) else text
