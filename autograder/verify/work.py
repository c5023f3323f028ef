"""Solutions pass, releases are unattempted, each attempt fails exactly what it names."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from autograder.build.exercise import Exercise
from hpclab.cells import read_cells
from hpclab.checks.child import check_cells
from hpclab.errors import HpclabError
from hpclab.measure.machine import cores
from hpclab.verdicts import Result, Verdict

_KILLED = {Verdict.FAILED, Verdict.PARTIAL}


@dataclass(frozen=True)
class Job:
    """A piece of work to run all checks on, and what must come of it."""

    name: str
    cells: list[str]
    tasks: list[str]
    judge: Callable[[list[Result]], Iterator[str]]


def check_work(exercise: Exercise, course_dir: Path) -> Iterator[str]:
    """A sentence for each promise that solution, release, attempts or checks break."""
    attempts = exercise.attempts()
    for check in exercise.checks:
        if not any(check.name in attempt.fails for attempt in attempts):
            yield (
                f"{exercise.slug}: no attempt fails the check '{check.name}': "
                "a check that nothing fails checks nothing"
            )
    solution = read_cells(_notebook(course_dir, "source", exercise))
    release = read_cells(_notebook(course_dir, "release", exercise))
    jobs = [
        Job("solution", solution, exercise.tasks, must_pass),
        Job("release", release, exercise.tasks, _must_wait),
    ]
    for attempt in attempts:
        cells = exercise.cells(attempt.cells)
        # The other tasks are the solution's, whose checks have just been run.
        tasks = list(attempt.cells)
        jobs.append(Job(f"attempts/{attempt.path.name}", cells, tasks, _must_fail(attempt.fails)))
    with ThreadPoolExecutor(cores()) as pool:
        for answers in pool.map(lambda job: _run(exercise, course_dir, job), jobs):
            yield from answers


def _run(exercise: Exercise, course_dir: Path, job: Job) -> list[str]:
    """All checks of the exercise on one piece of work."""
    files = [exercise.folder / "checks.py", exercise.hidden_path]
    try:
        reports = check_cells(job.cells, course_dir / "release" / exercise.slug, files, job.tasks)
    except HpclabError as error:
        return [f"{exercise.slug}: {job.name}: {error}"]
    results = [result for report in reports for result in report.results]
    return [f"{exercise.slug}: {job.name}: {problem}" for problem in job.judge(results)]


def must_pass(results: list[Result]) -> Iterator[str]:
    """A sentence for each result that is neither passed nor what the machine cannot tell."""
    for result in results:
        if result.verdict not in (Verdict.PASSED, Verdict.INCONCLUSIVE):
            yield f"'{result.name}' {result.verdict}: {_evidence(result)}"


def _must_wait(results: list[Result]) -> Iterator[str]:
    for result in results:
        if result.verdict is not Verdict.UNATTEMPTED:
            yield (
                f"'{result.name}' {result.verdict}: expected unattempted, a stub that raises "
                f"NotImplementedError. {_evidence(result)}"
            )


def _must_fail(names: frozenset[str]) -> Callable[[list[Result]], Iterator[str]]:
    def judge(results: list[Result]) -> Iterator[str]:
        for result in results:
            failed = result.verdict in _KILLED
            if failed and result.name not in names:
                yield f"fails '{result.name}', which it does not name: {_evidence(result)}"
            elif not failed and result.name in names and result.verdict != Verdict.INCONCLUSIVE:
                yield f"names '{result.name}', which {result.verdict}"

    return judge


def _evidence(result: Result) -> str:
    parts = [result.called, f"got {result.got}" if result.got else "",
             f"expected {result.expected}" if result.expected else "", result.why]  # fmt: skip
    return "; ".join(part for part in parts if part)


def _notebook(course_dir: Path, kind: str, exercise: Exercise) -> Path:
    return course_dir / kind / exercise.slug / f"{exercise.slug}.ipynb"
