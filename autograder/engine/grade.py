"""`autograder grade`: from what was handed in to the gradebook, by way of the journal."""

from collections import defaultdict, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from nbgrader.utils import determine_grade, is_grade

from autograder.engine.changes import Change, changes
from autograder.engine.course import CourseFolder
from autograder.engine.farm import Answer, Farm
from autograder.engine.handedin import HandedIn, Part, environment
from autograder.engine.journal import FOLDER, Journal, Saved
from autograder.examiner.assignment import digest_of, grade_id
from autograder.examiner.record import Record, graded_notebook, left_to_a_person
from autograder.records.gradebook import Graded, Records
from autograder.records.late import penalties
from hpclab.errors import HpclabError

_LOOK = 0.5  # seconds between looks at the cluster while nothing ends


class View(Protocol):
    """Who is told how it goes."""

    def begin(self, name: str, submissions: int) -> None:
        """An assignment, with so many submissions to be graded."""

    def ran(self, record: Record, *, alone: bool) -> None:
        """A notebook was run; one that has checks waiting is run once more, alone."""

    def saved(self, saved: Saved) -> None:
        """A submission stands in the gradebook."""

    def no_workers(self) -> None:
        """The cluster has no worker at the moment."""


@dataclass(frozen=True)
class Outcome:
    """What the gradebook says of one submission. score, of: points; records: by notebook.

    late: points that the late rule took, which `score` is without; waits: a person must look at it;
    others: it was graded with other checks than today's.
    """

    student: str
    score: float
    of: float
    late: float
    waits: bool
    others: bool
    notes: list[str]
    records: dict[str, Record]


@dataclass(frozen=True)
class Report:
    """All submissions of an assignment after grading.

    ran: how many were graded now; problems: sentences on what could not be written; changes: what
    today's checks made of submissions that were graded with others before.
    """

    assignment: str
    outcomes: list[Outcome]
    ran: int = 0
    problems: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)


class Grader:
    """Grades a course's assignments, with one gradebook and one farm."""

    def __init__(self, course: CourseFolder, records: Records, farm: Farm, view: View) -> None:
        self.course, self.records, self.farm, self._view = course, records, farm, view

    def grade(
        self,
        name: str,
        *,
        students: Collection[str] | None = None,
        again: bool = False,
        others: bool = False,
    ) -> Report:
        """Grade what was handed in for an assignment, by `students` or all, and is not graded.

        again: what a person must look at is run once more; others: and what was graded with other
        checks, or in another environment, too.
        """
        assignments = self.course.assignments(name, self.records.gradebook)
        with Journal(self.course.root / FOLDER / f"{name}.jsonl") as journal:
            handed_in = list(self.course.read(name, assignments, students))
            run = _Run(self.course.gradebook_name, journal, handed_in)
            todo = run.todo(set(self._in_gradebook(name)), again=again, others=others)
            self.records.late = self.course.late_rule()
            problems = self._run(run, name, todo)
            self.records.late.settle(self.records.gradebook, name, students)
            outcomes = run.outcomes(self._in_gradebook(name))
            history = {one.student: run.saved(one) for one in handed_in}
            changed = list(changes(history, journal.records))
        self.records.gradebook.db.remove()
        return Report(name, outcomes, len(todo), problems, changed)

    def known(self) -> set[str]:
        """The assignments that the gradebook knows at the moment."""
        names = {one.name for one in self.records.gradebook.assignments}
        self.records.gradebook.db.remove()  # who waits for the next look holds no connection
        return names

    def _in_gradebook(self, name: str) -> dict[str, dict[str, Any]]:
        self.records.gradebook.db.remove()  # a person may be grading in Formgrader meanwhile
        rows = self.records.gradebook.submission_dicts(name)
        lost = penalties(self.records.gradebook, name)
        return {row["student"]: {**row, "late": lost.get(row["student"], 0.0)} for row in rows}

    def _run(self, run: "_Run", name: str, todo: list[HandedIn]) -> list[str]:
        """Run what has no result yet, and write each submission when its last notebook has one."""
        self._view.begin(name, len(todo))
        ready = deque(one for one in todo if run.complete(one))
        parts = {part.key: part for one in todo for part in one.parts if not run.done(part)}
        users = defaultdict(list)
        for one in todo:
            for part in one.parts:
                users[part.key].append(one)
        for part in parts.values():
            self.farm.submit(part, run.journal.records.get(part.key))
        problems = []
        while self.farm.busy or ready:
            # Results are kept first; the gradebook is written while none is there to be kept.
            answer = self.farm.next(0.0 if ready else _LOOK) if self.farm.busy else None
            if answer:
                part = parts[answer.key]
                if self._keep(run, part, answer):
                    ready += [one for one in users[part.key] if run.complete(one)]
            elif ready:
                problems.append(self._save(run, ready.popleft()))
            elif self.farm.no_workers:
                self._view.no_workers()
        return [problem for problem in problems if problem]

    def _keep(self, run: "_Run", part: Part, answer: Answer) -> bool:
        """Keep what came of a run; whether that was all, or a second run was asked for."""
        alone = part.key in run.journal.records
        run.keep(part, answer)
        record = run.journal.records[part.key]
        self._view.ran(record, alone=alone)
        if record.waiting:
            self.farm.submit(part, record)
        return not record.waiting

    def _save(self, run: "_Run", one: HandedIn) -> str:
        """Write a submission to the gradebook; a sentence if it does not take it."""
        graded, score, of = {}, 0.0, 0.0
        for part in one.parts:
            record = run.journal.records[part.key]
            notebook = graded_notebook(part.assignment, part.submission, record)
            graded[part.assignment.notebook] = Graded(notebook, record.inconclusive)
            for cell in filter(is_grade, notebook.cells):
                points, most = determine_grade(cell)
                told = grade_id(cell) not in record.inconclusive
                score, of = score + (points or 0.0) * told, of + most
        try:
            self.records.write(
                one.student, one.assignment, graded, timestamp=one.timestamp, files=one.files
            )
        except HpclabError as error:  # its result is kept: the others go on
            return f"{one.student}: {error}"
        self._view.saved(run.keep_saved(one, score, of))
        return ""


class _Run:
    """The journal of one assignment beside what was handed in for it."""

    def __init__(self, gradebook: str, journal: Journal, handed_in: list[HandedIn]) -> None:
        self.journal = journal
        self._gradebook, self._handed_in = gradebook, handed_in

    def saved(self, one: HandedIn) -> list[Saved]:
        """What stands, and stood, in the gradebook of a learner."""
        return self.journal.saved(one.student, self._gradebook)

    def todo(self, there: Collection[str], *, again: bool, others: bool) -> list[HandedIn]:
        """What must be graded; `there` are the learners whom the gradebook has."""
        if again:
            for one in self._handed_in:
                if self.saved(one) and self._inconclusive(self.saved(one)[-1]):
                    self.journal.reopen(self.saved(one)[-1])
        return [one for one in self._handed_in if self._needs(one, there, others)]

    def _needs(self, one: HandedIn, there: Collection[str], others: bool) -> bool:
        saved = self.saved(one)
        if one.student not in there or not saved:
            return True
        last = saved[-1]
        return last.key != one.key and (others or last.content != one.content)

    def _inconclusive(self, saved: Saved) -> bool:
        found = (self.journal.records.get(key) for key in saved.parts.values())
        return any(record.inconclusive for record in found if record)

    def done(self, part: Part) -> bool:
        """Whether a notebook has its result, which one that nobody can read has at once."""
        record = self.journal.records.get(part.key)
        if part.problem and not record:
            record = left_to_a_person(part.assignment, part.problem)
            self.journal.keep(part.key, record)
        return record is not None and not record.waiting

    def complete(self, one: HandedIn) -> bool:
        """Whether all notebooks of a submission have their results."""
        return all([self.done(part) for part in one.parts])

    def keep(self, part: Part, answer: Answer) -> None:
        """Keep what came of a run."""
        self.journal.keep(
            part.key, answer.record or left_to_a_person(part.assignment, answer.problem)
        )

    def keep_saved(self, one: HandedIn, score: float, of: float) -> Saved:
        """Keep that a submission stands in the gradebook with these points."""
        checks = digest_of([[part.assignment.digest for part in one.parts], environment()])
        keys = {part.assignment.notebook: part.key for part in one.parts}
        names = (one.student, self._gradebook, one.key, one.content, checks)
        saved = Saved(*names, keys, score, of)
        self.journal.keep_saved(saved)
        return saved

    def outcomes(self, rows: Mapping[str, Mapping[str, Any]]) -> list[Outcome]:
        """The submissions that the gradebook has, with what it says of them."""
        return [self._outcome(one, rows[one.student]) for one in self._handed_in
                if one.student in rows and self.saved(one)]  # fmt: skip

    def _outcome(self, one: HandedIn, row: Mapping[str, Any]) -> Outcome:
        last = self.saved(one)[-1]
        known = self.journal.records
        records = {name: known[key] for name, key in last.parts.items() if key in known}
        notes = [note for part in one.parts for note in part.submission.notes]
        notes += [note for record in records.values() for note in record.notes]
        waits = row["needs_manual_grade"] and any(one.inconclusive for one in records.values())
        others = last.key != one.key
        score, most, late = (float(row[key] or 0.0) for key in ("score", "max_score", "late"))
        return Outcome(
            one.student, max(0.0, score - late), most, late, waits, others,
            list(dict.fromkeys(notes)), records,
        )  # fmt: skip
