"""A grading session: the course held by one process, its gradebook, its farm."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from datetime import datetime

from nbgrader.converters import Autograde
from rich.console import Console
from traitlets.config import Config

from autograder.engine.course import CourseFolder
from autograder.engine.execute import GradingExecute
from autograder.engine.farm import Farm
from autograder.engine.grade import Grader, Report, View
from autograder.engine.journal import only_grader
from autograder.engine.progress import Bar
from autograder.engine.tables import differences, document, show
from autograder.records.gradebook import Records
from hpclab.errors import HpclabError

WAITS, INTERRUPTED = 3, 130  # exit codes


@contextmanager
def grading(folder: CourseFolder, farm: Farm, view: View) -> Iterator[Grader]:
    """A grader that has the course for itself. Ctrl-C ends it cleanly, with a sentence."""
    try:
        with (
            only_grader(folder.root),
            closing(farm),
            closing(Records(_without_execution(folder.config))) as records,
        ):
            yield Grader(folder, records, farm, view)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would cut the end short
        print("Stopped. What is graded is kept: the same command goes on from there.",
              file=sys.stderr)  # fmt: skip
        sys.exit(INTERRUPTED)


def _without_execution(config: Config) -> Config:
    """The course's settings, whose steps after grading are applied to what is graded already."""
    config = deepcopy(config)
    steps = Autograde(config=config).autograde_preprocessors
    config.Autograde.autograde_preprocessors = [s for s in steps if s is not GradingExecute]
    return config


def grade_all(
    folder: CourseFolder,
    farm: Farm,
    wanted: str | None,
    *,
    again: bool = False,
    others: bool = False,
) -> list[Report]:
    """Grade the assignment that is wanted, or all; see `Grader.grade`."""
    with Bar() as bar, grading(folder, farm, bar) as grader:
        names = folder.names(grader.records.gradebook, wanted)
        return [grader.grade(name, again=again, others=others) for name in names]


def tell(folder: CourseFolder, reports: list[Report], *, as_json: bool, changed: bool) -> int:
    """Say what became of it, with what `changed` if asked; the exit code."""
    if as_json:
        print(json.dumps(document(reports, folder.gradebook_name), indent=1))
    else:
        _tell_people(folder, reports, changed)
    if problems := [problem for report in reports for problem in report.problems]:
        raise HpclabError(f"{len(problems)} submissions could not be written to the gradebook.")
    return WAITS if any(one.waits for report in reports for one in report.outcomes) else 0


def _tell_people(folder: CourseFolder, reports: list[Report], changed: bool) -> None:
    console = Console()
    for report in reports:
        show(console, report)
        for line in differences(report) if changed else ():
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    if not reports:
        console.print(f"Nothing was handed in: there is no {folder.submitted('*', '*')}.")


def tell_now(line: str) -> None:
    """An event of now, on stdout."""
    print(f"{datetime.now():%H:%M:%S} {line}", flush=True)
