"""`check("task")`: the face of the check language in a notebook."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from hpclab.checks.language import CHECKS_FILE, Check, load_checks
from hpclab.checks.report import Report
from hpclab.checks.run import report_on
from hpclab.errors import HpclabError, unknown
from hpclab.learner.hints import advice
from hpclab.learner.progress import progress
from hpclab.verdicts import Verdict

HIDDEN_ENV = "HPCLAB_HIDDEN"  # the hidden checks' file; set while nbgrader autogrades, only then
SEED_ENV = "HPCLAB_SEED"
# Notebooks may change directory; their checks stay where they started.
_START = Path.cwd()


def check(task: str, hidden: bool = False) -> Report | None:
    """Run the checks of a task on this notebook and report at once.

    `hidden` marks the second cell that nbgrader grades: it does nothing here, and runs the checks
    that never ship when the work is graded. An unknown task is an HpclabError.
    """
    namespace = sys._getframe(1).f_globals
    grading = os.environ.get("NBGRADER_EXECUTION")
    if hidden and grading != "autograde":
        return None
    public = load_checks(_checks_file())
    wanted, known = _of_task(public, task), public
    if hidden:
        secret = load_checks(Path(_hidden_file()))
        wanted, known = _of_task(secret, task), public + secret
    from hpclab.checks.local import LocalWork  # brings Numba and Dask, which take a second

    work = LocalWork(namespace, seed=int(os.environ.get(SEED_ENV, "0")))
    with _quiet_cell() if grading else nullcontext():
        report = report_on(wanted, known, work, task)
    if grading == "validate":
        report = _not_wrong(report)
        if report.verdict is not Verdict.PASSED:
            print(report, file=sys.stderr)  # what nbgrader's Validate shows of a cell
    if grading:
        return replace(report, as_points=True)
    progress(_START).record_try(_START.name, report)
    return replace(report, advice=advice(report, _START, f'hint("{task}")'))


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


def _hidden_file() -> str:
    try:
        return os.environ[HIDDEN_ENV]
    except KeyError:
        raise HpclabError(
            "The hidden checks are not here: grade with the nbgrader_config.py that "
            "`autograder build` writes into the course."
        ) from None
