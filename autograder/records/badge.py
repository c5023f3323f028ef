"""Whether the gradebook bears a badge out, and the credential that says so.

Everything is read from the gradebook and from the notebooks that were graded, never from a
learner's own progress file.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from openbadgeslib.ob3 import (
    Achievement,
    Alignment,
    Evidence,
    Issuer,
    OpenBadgeCredential,
    Result,
    ResultDescription,
)

from autograder.examiner.assignment import Assignment
from autograder.examiner.submission import Unreadable, read_submission
from autograder.records.badge_words import (
    DIGEST,
    POINTS,
    Goal,
    Part,
    evidence_of,
    identity,
    learner_of,
    names,
    points_of,
)
from autograder.records.exports import Score, read_score
from hpclab.checks.language import CHECKS_FILE
from hpclab.course import SKILL_TREE

FORMAT = 1  # of the facts below the digest; another when one changes its meaning
FRAMEWORK = "HPC Certification Forum"


@dataclass(frozen=True)
class Grades:
    """A gradebook, and the folder of what was graded, by learner and assignment."""

    gradebook: Gradebook
    folder: Callable[[str, str], Path]

    def scores(self, student: Any, slugs: Iterable[str]) -> dict[str, Score]:
        """One learner's results; a lesson that the gradebook does not know is left out."""
        known = {one.name: one for one in self.gradebook.assignments}
        return {
            slug: read_score(self.gradebook, known[slug], student)
            for slug in slugs
            if slug in known
        }

    def work(self, student: Any, slug: str) -> dict[str, str]:
        """SHA-256 of each cell that the learner filled in, by its name, as it was graded.

        Unreadable where the notebook is not there any more.
        """
        names = [cell.name for cell in self.gradebook.find_notebook(slug, slug).solution_cells]
        cells = [
            {"metadata": {"nbgrader": {"grade_id": name, "solution": True}}, "source": ""}
            for name in names
        ]
        # With checks, so that only these cells are read, and not what lies beside the notebook.
        assignment = Assignment(slug, slug, cells, {CHECKS_FILE: b"#"})
        found = read_submission(self.folder(student.id, slug), student.id, assignment).cells
        return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in found.items()}

    def digest(self, student: Any, learner: str, scores: Mapping[str, Score]) -> str:
        """One name for what the gradebook says of these lessons and for the work that was graded.

        learner: how the badge names them, so that a digest fits one badge. It is SHA-256 of JSON
        in its canonical form (RFC 8785); all values are text.
        """
        lessons = [
            {
                "assignment": slug,
                "handed_in": score.timestamp,
                "score": _number(score.score),
                "late_submission_penalty": _number(score.late_submission_penalty),
                "max_score": _number(score.max_score),
                "cells": [
                    [cell.notebook, cell.cell, _number(cell.score), _number(cell.max_score)]
                    for cell in score.cells
                ],
                "work": self.work(student, slug),
            }
            for slug, score in scores.items()
        ]
        facts = {"format": str(FORMAT), "learner": learner, "lessons": lessons}
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        hashed = hashlib.sha256(text.encode()).digest()
        return DIGEST + base64.urlsafe_b64encode(hashed).decode().rstrip("=")


def missing(goal: Goal, grades: Grades, student: Any, scores: Mapping[str, Score]) -> list[str]:
    """What stands between the learner and the badge: a line a lesson; [] where it is earned."""
    lines = ((part, _missing(part, scores.get(part.slug))) for part in goal.parts)
    found = [f"{part.slug}: {line}" for part, line in lines if line]
    for part in goal.parts if not found else ():
        try:
            grades.work(student, part.slug)
        except Unreadable as error:
            found.append(f"{part.slug}: what was graded cannot be found. {error}")
    return found


def _missing(part: Part, score: Score | None) -> str:
    if score is None:
        return "the gradebook has no such assignment"
    if not score.submitted:
        return "nothing was handed in and graded"
    if waiting := [cell.cell for cell in score.cells if cell.needs_manual_grade]:
        return f"a person must still look at {', '.join(waiting)}"
    names = (f"{part.core}-check", f"{part.core}-hidden")
    core = [cell for cell in score.cells if cell.notebook == part.slug and cell.cell in names]
    most = sum(cell.max_score for cell in core)
    if not most:
        return f"the gradebook has no points for the core task {part.core}; is it an older release?"
    if any(cell.score < cell.max_score for cell in core):
        got = sum(cell.score for cell in core)
        return f"{got:g} of {most:g} points in the core task {part.core}"
    return ""


def make_credential(
    goal: Goal,
    grades: Grades,
    student: Any,
    scores: Mapping[str, Score],
    issuer: Issuer,
    *,
    plain: bool,
    until: datetime | None = None,
) -> OpenBadgeCredential:
    """The unsigned badge of a learner for whom nothing is `missing`; times are UTC."""
    who = identity(student.id, plain=plain)
    achievement = Achievement(
        goal.id,
        goal.title,
        goal.description,
        goal.criterion,
        achievement_type="Badge",
        alignments=[
            Alignment(skill.name, SKILL_TREE, FRAMEWORK, skill.id) for skill in goal.skills
        ],
        result_descriptions=[
            ResultDescription(
                f"{goal.url}{POINTS}{part.slug}", part.title, "RawScore",
                value_min="0", value_max=_number(scores[part.slug].max_score),
            )
            for part in goal.parts
        ],
    )  # fmt: skip
    evidence = Evidence(
        grades.digest(student, who.identity_hash, scores),
        name="Digest of the gradebook and of the graded work",
        narrative="SHA-256 of what the issuer's gradebook says of these lessons and of the cells "
        "that were graded. The issuer can compute it again to show that both still fit this badge.",
    )
    results = [
        Result(value=_number(score.score), result_description=f"{goal.url}{POINTS}{slug}")
        for slug, score in scores.items()
    ]
    return OpenBadgeCredential(
        issuer, None, achievement, identifiers=[who], results=results, evidence=[evidence],
        expiration_date=until,
    )  # fmt: skip


def differences(badge: OpenBadgeCredential, grades: Grades) -> list[str]:
    """What of the badge the gradebook does not bear out, in sentences; [] where all of it fits."""
    who, points = learner_of(badge), points_of(badge)
    students = [one for one in grades.gradebook.students if names(who, one.id)]
    if not students:
        return ["The gradebook has no learner whom this badge names."]
    scores = grades.scores(students[0], points)
    found = [f"The gradebook has no assignment '{slug}'." for slug in points if slug not in scores]
    for slug, score in scores.items():
        if _number(score.score) != points[slug][0]:
            found.append(
                f"{slug}: {points[slug][0]} points in the badge, {score.score:g} in the gradebook."
            )
    try:
        digest = grades.digest(students[0], who.identity_hash, scores)
    except Unreadable as error:
        return [*found, f"What was graded cannot be found. {error}"]
    if digest != evidence_of(badge):
        found.append(
            "The digest is another: what was handed in, or its grades, changed since the badge was "
            f"issued. In the badge: {evidence_of(badge)}. Now: {digest}."
        )
    return found


def _number(value: float) -> str:
    return f"{value:.10g}"
