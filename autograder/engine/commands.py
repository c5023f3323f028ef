"""The commands that grade: `autograder grade`, `regrade`, `watch` and `deadline`."""

import json
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

Name = Annotated[str | None, typer.Argument(help="One assignment; without it, all handed in.")]
Course = Annotated[Path | None, typer.Option(help="The course directory; by default around here.")]
Submitted = Annotated[Path | None, typer.Option(help="A folder instead of the course's submitted.")]
Gradebook = Annotated[str | None, typer.Option(help="A database's URL instead of the course's.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="How many at once; by default, the cores.")]
Scheduler = Annotated[str | None, typer.Option(help="The address of a Dask scheduler to run on.")]
Trust = Annotated[
    bool, typer.Option("--trust-submissions", help="Run them even where nothing confines them.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
Retry = Annotated[
    bool, typer.Option("--retry", help="Run again what a person would have to look at.")
]


def grade(
    assignment: Name = None,
    submitted: Submitted = None,
    gradebook: Gradebook = None,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    course: Course = None,
    trust: Trust = False,
    retry: Retry = False,
    as_json: AsJson = False,
) -> None:
    """Grade what was handed in; exit code 3 when something waits for a person."""
    _begin(jobs, scheduler, trust)

    from autograder.engine.course import CourseFolder
    from autograder.engine.farm import Farm
    from autograder.engine.session import grade_all, tell

    folder = CourseFolder.load(course, submitted=submitted, gradebook=gradebook)
    farm = Farm(jobs=jobs, scheduler=scheduler, trust=trust or folder.trusts)
    reports = grade_all(folder, farm, assignment, again=retry)
    raise typer.Exit(tell(folder, reports, as_json=as_json, changed=False))


def regrade(
    assignment: Name = None,
    submitted: Submitted = None,
    gradebook: Gradebook = None,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    course: Course = None,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Grade again what was graded with other checks, and show the difference."""
    _begin(jobs, scheduler, trust)

    from autograder.engine.course import CourseFolder
    from autograder.engine.farm import Farm
    from autograder.engine.session import grade_all, tell

    folder = CourseFolder.load(course, submitted=submitted, gradebook=gradebook)
    farm = Farm(jobs=jobs, scheduler=scheduler, trust=trust or folder.trusts)
    reports = grade_all(folder, farm, assignment, others=True)
    raise typer.Exit(tell(folder, reports, as_json=as_json, changed=True))


def watch(
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Look once, and end.")] = False,
    gradebook: Gradebook = None,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    course: Course = None,
    trust: Trust = False,
) -> None:
    """Grade what arrives in nbgrader's exchange, and hand its feedback back."""
    from autograder.engine.course import CourseFolder
    from autograder.engine.exchange import Exchange
    from autograder.engine.farm import Farm
    from autograder.engine.session import grading, tell_now
    from autograder.engine.watch import Quiet, Watcher

    folder = CourseFolder.load(course, gradebook=gradebook)
    farm = Farm(jobs=jobs, scheduler=scheduler, trust=trust or folder.trusts)
    exchange = Exchange(folder)
    with grading(folder, farm, Quiet()) as grader:
        watcher = Watcher(grader, exchange, tell_now)
        tell_now(f"watching {exchange.inbound}; Ctrl-C ends it")
        watcher.look() if once else watcher.watch(every)


def deadline(
    assignment: Annotated[
        str | None, typer.Argument(help="The assignment; without it, all are listed.")
    ] = None,
    time: Annotated[
        str | None,
        typer.Argument(help="Such as 2026-12-01T18:00, or 18:00 for today, or none."),
    ] = None,
    late: Annotated[
        str | None, typer.Option(help="none or zero: what late work loses, in all assignments.")
    ] = None,
    course: Course = None,
    gradebook: Gradebook = None,
    as_json: AsJson = False,
) -> None:
    """Show or set until when an assignment is wanted, and what later work loses."""
    from autograder.engine import deadline as deadlines
    from autograder.engine.course import CourseFolder
    from autograder.records.gradebook import Records

    folder = CourseFolder.load(course, gradebook=gradebook)
    due = deadlines.read_time(time, datetime.now()) if time else None
    if late:
        deadlines.set_rule(folder.root, late)
    with closing(Records(folder.config)) as records:
        book = records.gradebook
        if assignment:
            folder.names(book, assignment)
        if assignment and time:
            deadlines.set_deadline(folder, book, assignment, due)
        changed = deadlines.settle_all(folder, book) if time or late else []
        found = [
            one for one in deadlines.deadlines(folder, book)
            if assignment in (None, one.assignment)
        ]  # fmt: skip
        rule = folder.late_rule().name
    if as_json:
        told = [one.to_json() for one in found]
        print(json.dumps({"late": rule, "deadlines": told, "changed": changed}, indent=1))
    else:
        print("\n".join([*map(str, found), deadlines.said_of(rule), *changed]))


def _begin(jobs: int | None, scheduler: str | None, trust: bool) -> None:
    """Let this machine's examiners start while the rest is imported: both take some seconds."""
    from autograder.engine.farm import begin_examiners
    from hpclab.measure.machine import cores

    if scheduler is None:
        begin_examiners(jobs or cores(), trust)
