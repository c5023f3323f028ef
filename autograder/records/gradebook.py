"""nbgrader's gradebook, written as `nbgrader autograde` writes it, but all or nothing, and fast.

The stock converter opens the gradebook a dozen times a submission and commits each grade; here one
gradebook stays open, so that its SQL is compiled once, and a submission is one transaction.
"""

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook, InvalidEntry, MissingEntry, SubmittedAssignment
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, Execute, SaveAutoGrades
from nbgrader.utils import find_all_files, parse_utc
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from autograder.records.late import LateRule
from autograder.tools import alembic_within_reach
from hpclab.errors import HpclabError

_TIMESTAMP = "timestamp.txt"
# Steps that are done here; what the last one checks is the instructor's own metadata by now.
_OURS = (Execute, SaveAutoGrades, AssignLatePenalties, CheckCellMetadata)
log = logging.getLogger(__name__)


class SaveGrades(SaveAutoGrades):
    """nbgrader's step that saves grades, which leaves inconclusive ones to a person.

    These are the grade cells named in `resources["hpclab"]["inconclusive"]`, if there are any.
    """

    def _add_score(self, cell: Any, resources: Any) -> None:
        super()._add_score(cell, resources)
        name = cell.metadata["nbgrader"]["grade_id"]
        if name in resources.get("hpclab", {}).get("inconclusive", ()):
            place = (name, self.notebook_id, self.assignment_id, self.student_id)
            grade = self.gradebook.find_grade(*place)
            grade.auto_score, grade.needs_manual_grade = None, True
            self.gradebook.db.commit()


@dataclass(frozen=True)
class Graded:
    """One notebook of a submission after grading.

    notebook: with the outputs of grading; None where none could be made, and then all of its
    grades wait for a person. inconclusive: the grade_ids that wait for one.
    """

    notebook: Any
    inconclusive: Sequence[str] = ()


class Records:
    """The one writer of a course's gradebook and of its autograded notebooks.

    config: the course's nbgrader_config, without a step of its own that executes notebooks; db_url:
    a gradebook other than the one named there.
    """

    def __init__(self, config: Config, db_url: str | None = None) -> None:
        self._coursedir = CourseDirectory(config=config)
        if db_url:
            self._coursedir.db_url = db_url
        self._autograde = Autograde(self._coursedir, config=config)
        steps = [self._step(step) for step in self._autograde.autograde_preprocessors]
        self._steps = [step for step in steps if not isinstance(step, _OURS)]
        self.late = LateRule(config)  # may be set to another, as the course's settings change
        self._save = SaveGrades(parent=self._autograde)
        alembic_within_reach()
        with _said_plainly(self._coursedir.db_url):
            self._save.gradebook = Gradebook(self._coursedir.db_url, self._coursedir.course_id)

    @property
    def gradebook(self) -> Gradebook:
        """nbgrader's gradebook, open until `close`."""
        return self._save.gradebook

    def close(self) -> None:
        """Close the gradebook."""
        self.gradebook.close()

    def write(
        self,
        student: str,
        assignment: str,
        notebooks: Mapping[str, Graded],
        *,
        timestamp: str | datetime | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> None:
        """Save one submission: its grades in one transaction, then its autograded folder.

        notebooks: by name, all that were handed in; one that the assignment has besides scores 0.
        timestamp: when it was handed in, as in timestamp.txt; one that cannot be read counts as
        none. files: what was handed in besides. The course's own steps of `nbgrader autograde`
        are applied to the notebooks, in place. Writing a submission again changes nothing.
        HpclabError where the gradebook does not know the assignment, its cells or the student.
        """
        when = _parsed(timestamp)
        notebooks = {
            name: self._stepped(
                graded, {"student": student, "assignment": assignment, "notebook": name}
            )
            for name, graded in notebooks.items()
        }
        with _said_plainly(self._coursedir.db_url), self._transaction():
            self._write_grades(student, assignment, notebooks, when)
        self._write_folder(student, assignment, notebooks, when, files or {})

    def _step(self, step: Any) -> Any:
        """A step of the course's pipeline as nbconvert makes it: a class, its name, a function."""
        step = import_item(step) if isinstance(step, str) else step
        return step(parent=self._autograde) if isinstance(step, type) else step

    def _stepped(self, graded: Graded, names: dict[str, str]) -> Graded:
        notebook = graded.notebook
        resources: Any = {"nbgrader": {**names, "db_url": self._coursedir.db_url}}
        for step in self._steps if notebook else ():
            notebook, resources = step(notebook, resources)
        return Graded(notebook, graded.inconclusive)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """nbgrader commits after each grade; here that waits until the end of the block."""
        db = self.gradebook.db
        db.remove()
        with self.gradebook.engine.begin() as connection:
            db(bind=connection, join_transaction_mode="rollback_only")
            vars(db)["commit"] = lambda: None
            try:
                yield
                db.flush()
            finally:
                del vars(db)["commit"]
                db.remove()

    def _write_grades(
        self,
        student: str,
        assignment: str,
        notebooks: Mapping[str, Graded],
        when: datetime | None,
    ) -> None:
        gradebook = self.gradebook
        if self._autograde.create_student:
            gradebook.update_or_create_student(student)
            gradebook.db.flush()
        given = {"timestamp": when} if when else {}
        with gradebook.db.no_autoflush:  # what is half-made is not for the gradebook yet
            submission = gradebook.update_or_create_submission(assignment, student, **given)
        gradebook.db.flush()
        for submitted in submission.notebooks:
            graded = notebooks.get(submitted.name)
            if graded and graded.notebook:
                self._save_notebook(student, submission, submitted, graded)
                continue
            for grade in submitted.grades:
                grade.auto_score = None if graded else 0
                grade.needs_manual_grade = bool(graded)

    def _save_notebook(
        self, student: str, submission: SubmittedAssignment, submitted: Any, graded: Graded
    ) -> None:
        save = self._save
        save.student_id, save.assignment_id = student, submission.name
        save.notebook_id = submitted.name
        resources = {"hpclab": {"inconclusive": graded.inconclusive}}
        with self.gradebook.db.no_autoflush:  # all grades of a notebook at once
            for index, cell in enumerate(graded.notebook.cells):
                save.preprocess_cell(cell, resources, index)
        self.gradebook.db.flush()
        submitted.late_submission_penalty = self.late.penalty(submission, submitted)

    def _write_folder(
        self,
        student: str,
        assignment: str,
        notebooks: Mapping[str, Graded],
        when: datetime | None,
        files: Mapping[str, bytes],
    ) -> None:
        """The autograded folder, beside, then renamed; permissions are nbgrader's."""
        place = Path(self._autograde._format_dest(assignment, student))
        new, old = (place.with_name(f".{place.name}.{which}") for which in ("new", "old"))
        shutil.rmtree(new, ignore_errors=True)
        contents = {name: data for name, data in files.items() if name != _TIMESTAMP}
        contents |= self._source_files(assignment)
        if when:
            contents[_TIMESTAMP] = f"{when} UTC".encode()
        for name, graded in notebooks.items():
            if graded.notebook:
                contents[f"{name}.ipynb"] = (nbformat.writes(graded.notebook) + "\n").encode()
        for name, data in contents.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        shutil.rmtree(old, ignore_errors=True)
        if place.exists():
            place.rename(old)
        new.mkdir(parents=True, exist_ok=True)  # where there is not one file
        new.rename(place)
        shutil.rmtree(old, ignore_errors=True)
        self._autograde.set_permissions(assignment, student)

    def _source_files(self, assignment: str) -> dict[str, bytes]:
        """The instructor's files beside the notebooks, which stand above a learner's own."""
        coursedir = self._coursedir
        source = Path(coursedir.format_path(coursedir.source_directory, ".", assignment)).resolve()
        kept = self._autograde.exclude_overwriting.get(assignment, [])
        found = [Path(path) for path in find_all_files(str(source), [*coursedir.ignore, "*.ipynb"])]
        names = {str(path.relative_to(source)): path for path in found}
        return {name: path.read_bytes() for name, path in names.items() if name not in kept}


def _parsed(timestamp: str | datetime | None) -> datetime | None:
    """The time in UTC, without a zone as in the gradebook; None where it cannot be read."""
    try:
        return parse_utc(timestamp) if timestamp else None
    except (ValueError, OverflowError, TypeError):
        log.warning("The time of a submission cannot be read: %.80r", timestamp)
        return None


@contextmanager
def _said_plainly(url: str) -> Iterator[None]:
    try:
        yield
    except MissingEntry as error:
        raise HpclabError(
            f"The gradebook misses something: {error}. Expected an assignment that "
            "`nbgrader generate_assignment` released as it stands, and students who are enrolled."
        ) from None
    except (SQLAlchemyError, InvalidEntry, ImportError) as error:
        problem = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise HpclabError(
            f"The gradebook {_without_password(url)} cannot be used: {problem}. Is its URL right? "
            "If nbgrader was upgraded, back the gradebook up and run `nbgrader db upgrade`."
        ) from None


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "URL"
