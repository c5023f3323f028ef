"""`check("task")`: the face of the check language in a notebook."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from hpclab.checks.language import CHECKS_FILE, Check, load_checks
from hpclab.checks.report import Report
from hpclab.checks.run import report_on
from hpclab.errors import HpclabError, unknown
from hpclab.learner.hints import advice
from hpclab.learner.progress import progress
from hpclab.verdicts import Verdict

# Notebooks may change directory; their checks stay where they started.
_START = Path.cwd()


def check(task: str, hidden: bool = False) -> Report | None:
    """Run the checks of a task on this notebook and report at once.

    `hidden` marks the second cell that nbgrader grades, which does nothing here: its checks never
    ship. An unknown task is an HpclabError.
    """
    namespace = sys._getframe(1).f_globals
    mode = os.environ.get("NBGRADER_EXECUTION")
    if mode == "autograde":
        # A grading that runs this cell itself has not asked the hidden checks.
        raise HpclabError(
            "This notebook is graded by `autograder grade`, or by nbgrader with the "
            "nbgrader_config.py that `autograder build` writes."
        )
    if hidden:
        return None
    known = load_checks(_checks_file())
    from hpclab.checks.local import LocalWork  # brings Numba and Dask, which take a second

    wanted, work = _of_task(known, task), LocalWork(namespace)
    if mode == "validate":
        return _validated(wanted, known, work, task)
    report = report_on(wanted, known, work, task)
    progress(_START).record_try(_START.name, report)
    return replace(report, advice=advice(report, _START, f'hint("{task}")'))


def _validated(wanted: list[Check], known: list[Check], work: Any, task: str) -> Report:
    """The report as nbgrader's Validate reads it."""
    with _quiet_cell():
        report = _not_wrong(report_on(wanted, known, work, task))
    if report.verdict is not Verdict.PASSED:
        print(report, file=sys.stderr)  # what Validate shows of a cell
    return replace(report, as_points=True)


def _not_wrong(report: Report) -> Report:
    """What the machine could not tell counts as passed: for Validate, less than all is wrong."""
    results = [
        replace(result, verdict=Verdict.PASSED, earned=result.points)
        if result.verdict is Verdict.INCONCLUSIVE
        else result
        for result in report.results
    ]
    return replace(report, results=results)


@contextmanager
def _quiet_cell() -> Iterator[None]:
    """Leave nothing in the cell but its report: nbgrader gives 0 for any line on stderr.

    `run_checks` keeps what goes to `sys.stderr`; this is for what goes past it, such as a warning
    of OpenMP, or of a logger that holds the stream it was made with.
    """
    from IPython.display import clear_output

    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        clear_output()


def _of_task(checks: list[Check], task: str) -> list[Check]:
    found = [check for check in checks if check.task == task]
    if not found:
        raise unknown("task", task, {check.task for check in checks})
    return found


def _checks_file() -> Path:
    for folder in (_START, Path.cwd()):
        if (folder / CHECKS_FILE).is_file():
            return folder / CHECKS_FILE
    raise HpclabError(
        f"There is no {CHECKS_FILE} in {_START}: it belongs beside the exercise's notebook. "
        "`hpclab learn` puts it there."
    )
