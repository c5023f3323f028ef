"""Grade one submission: its cells in a room of their own, the questions from here."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.examiner.assignment import Assignment, Cell, grade_id, mark
from autograder.examiner.outputs import harmless
from autograder.examiner.reach import reaches
from autograder.examiner.record import Outputs, Record
from autograder.examiner.remote import RemoteWork
from autograder.examiner.room import Room, fill
from autograder.examiner.scratch import scratch
from autograder.examiner.submission import Submission
from autograder.sandbox.client import Zygote
from autograder.sandbox.layers import SandboxLimits
from hpclab.checks.language import CHECKS_FILE, Check, load_checks
from hpclab.checks.report import Report
from hpclab.checks.run import run_checks
from hpclab.measure.process import Launch
from hpclab.verdicts import Result, Verdict

_OWN = (
    "{count} code cell{s} of your own {were} not run: put what a task needs into the task's cell."
)
_DISK = 256_000_000  # bytes that a submission may write, beside the files that it is given
_UNTOLD = "The call gave no answer that could be compared."


@dataclass(frozen=True)
class Checks:
    """The checks of an assignment, loaded, in the order in which they are asked."""

    public: list[Check]
    hidden: list[Check]

    @classmethod
    def load(cls, assignment: Assignment, folder: Path) -> "Checks":
        """Load them from files in `folder`, which nobody else may read."""
        fill(folder, [(CHECKS_FILE, assignment.files.get(CHECKS_FILE, b""))])
        fill(folder, [("hidden_checks.py", assignment.hidden.encode())])
        return cls(load_checks(folder / CHECKS_FILE), load_checks(folder / "hidden_checks.py"))

    def all(self) -> list[Check]:
        """Public checks, then hidden ones."""
        return self.public + self.hidden

    def by_cell(self) -> dict[str, set[str]]:
        """The names of the checks that each grade cell runs, by grade_id; see autograder.build."""
        found: dict[str, set[str]] = {}
        for suffix, some in (("check", self.public), ("hidden", self.hidden)):
            for check in some:
                found.setdefault(f"{check.task}-{suffix}", set()).add(check.name)
        return found


class Examination:
    """One submission, and what it takes to grade it."""

    def __init__(
        self, zygote: Zygote, assignment: Assignment, checks: Checks, submission: Submission
    ) -> None:
        self._zygote, self._assignment, self._submission = zygote, assignment, submission
        self._limits = assignment.limits
        within = [replace(check, base=self._limits).limits for check in checks.all()]
        memory = int(max(one.memory for one in (self._limits, *within)))
        processes = max(one.processes for one in (self._limits, *within))
        files = sum(map(len, (*assignment.files.values(), *submission.files.values())))
        self._sandbox = SandboxLimits(
            memory=memory, output=memory, processes=processes, disk=_DISK + 2 * files
        )
        self._checks = checks

    def grade(self, *, timed: bool, earlier: Record | None) -> Record:
        """Ask all checks; with `earlier`, those that waited there."""
        checks = self._checks
        began, cpu = time.monotonic(), time.process_time()
        with self._room() as (room, launcher):
            outputs = self._run(room)
            if self._assignment.public:
                work = RemoteWork(room, launcher, self._assignment.seed, timed=timed)
                results = self._ask(work, checks, earlier)
                waiting = sorted(work.postponed)
            else:
                results, waiting = [], []
        self._show(outputs, results, checks)
        unsure = {one.name for one in results if one.verdict is Verdict.INCONCLUSIVE}
        by_person = [cell for cell, names in checks.by_cell().items() if names & unsure]
        if room.starved:
            by_person = [grade_id(cell) for cell in self._assignment.cells if mark(cell)["grade"]]
        cpu = time.process_time() - cpu + room.cpu
        wall = time.monotonic() - began
        if earlier:
            cpu, wall = cpu + earlier.cpu, wall + earlier.wall
        return Record(
            outputs, results, [] if waiting else by_person, waiting,
            list(self._submission.notes), cpu, wall, self._zygote.layers.describe(),
        )  # fmt: skip

    @contextmanager
    def _room(self) -> Iterator[tuple[Room, Any]]:
        """A room with the assignment's files in it, and how to start processes beside it."""
        ours = self._assignment.files
        theirs = self._submission.files.items()
        given = [
            (name, data) for name, data in theirs if not any(_clash(name, one) for one in ours)
        ]
        given += ours.items()
        with scratch(mode=0o711) as folder:  # a learner's process may be another user's
            home = folder / "home"

            def clear() -> None:
                shutil.rmtree(home, ignore_errors=True)
                home.mkdir(mode=0o700)
                fill(home, given)

            def launcher(job: str, threads: int) -> Launch:
                return self._zygote.launcher(job, home, self._sandbox, threads=threads)

            output = self._limits.output
            launch = self._zygote.launcher("graded", home, self._sandbox, threads=0, room=output)
            room = Room(launch, self._limits, clear)
            try:
                yield room, launcher
            finally:
                room.close()

    def _run(self, room: Room) -> list[Outputs]:
        """Run the cells; the outputs of each."""
        outputs: list[Outputs] = []
        own = self._submission.own
        for cell in self._assignment.cells:
            for text in own.get(grade_id(cell), []) if grade_id(cell) else []:
                room.run(text)
            runs = cell["cell_type"] == "code"
            if self._assignment.public and mark(cell)["grade"]:
                runs = False  # what checks here asks from outside
            shown = room.run(self._text(cell)) if runs else []
            graded = mark(cell)["grade"]
            outputs.append(harmless(shown, mark(cell)["points"]) if graded else shown)
        return outputs

    def _text(self, cell: Cell) -> str:
        """The cell's text: the learner's where it was theirs to write."""
        if mark(cell)["solution"]:
            return self._submission.cells.get(grade_id(cell), str(cell["source"]))
        return str(cell["source"])

    def _ask(self, work: RemoteWork, checks: Checks, earlier: Record | None) -> list[Result]:
        """A result for each check, in their order."""
        asked = [replace(check, base=self._limits) for check in checks.all()]
        known = []
        if earlier:
            done = [one for one in earlier.results if one.verdict is not Verdict.SKIPPED]
            known = [one for one in done if one.name not in earlier.waiting]
        fresh = {one.name: one for one in run_checks(asked, work, known)}
        for name in work.told & {check.name for check in checks.hidden} & set(fresh):
            fresh[name] = replace(fresh[name], why=_UNTOLD)  # it could show a hidden input
        solutions = self._assignment.solutions()
        given = self._submission.cells.items()
        code = {name: text for name, text in given if solutions[name]["cell_type"] == "code"}
        if places := reaches(code):
            fresh |= {name: _doubted(fresh[name], places) for name in work.counted & set(fresh)}
        fresh |= {one.name: one for one in known}
        return [fresh[check.name] for check in asked]

    def _show(self, outputs: list[Outputs], results: list[Result], checks: Checks) -> None:
        """Put a report into each cell that checks, as nbgrader reads it."""
        asked = checks.by_cell()
        for i, cell in enumerate(self._assignment.cells):
            if names := asked.get(grade_id(cell)):
                mine = [one for one in results if one.name in names]
                task = mine[0].task
                if names <= {check.name for check in checks.hidden}:
                    mine = [_discreet(one) for one in mine]
                report = Report(task, mine, advice=self._advice(), as_points=True)
                outputs[i] = [
                    {
                        "output_type": "execute_result",
                        "execution_count": None,
                        "metadata": {},
                        "data": report._repr_mimebundle_(),
                    }
                ]

    def _advice(self) -> str:
        count = self._submission.extra
        many = "s" if count > 1 else ""
        return _OWN.format(count=count, s=many, were="were" if many else "was") if count else ""


def _clash(name: str, other: str) -> bool:
    """Whether two files cannot both be there: they are one, or one is in the place of a folder."""
    return (name + "/").startswith(other + "/") or (other + "/").startswith(name + "/")


def _doubted(result: Result, places: list[str]) -> Result:
    """A result that rests on a count, where the learner's text could have changed the count."""
    if result.verdict not in (Verdict.PASSED, Verdict.PARTIAL):
        return result
    why = (
        "A person has to look at this: it rests on a count, and code beside it could change what "
        f"counts ({'; '.join(places[:3])})."
    )
    return replace(result, verdict=Verdict.INCONCLUSIVE, earned=0.0, why=why)


def _discreet(result: Result) -> Result:
    """A hidden check's result without its inputs: what it asks, and why, but not how."""
    return replace(result, called="", got="", expected="", printed="")
