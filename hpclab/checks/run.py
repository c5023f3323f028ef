"""Run checks on work: one verdict each, whatever the learner's code does."""

import contextlib
import io
from collections.abc import Iterable
from typing import Any

from hpclab.checks.language import Check, with_needs
from hpclab.checks.report import Report
from hpclab.checks.words import exception_text
from hpclab.checks.work import CheckFailed, Unattempted, Work
from hpclab.errors import FileError
from hpclab.verdicts import Result, Verdict

_PRINTED_LIMIT = 2_000


def report_on(wanted: list[Check], known: list[Check], work: Work, task: str) -> Report:
    """Run `wanted` and what they come after; report on `wanted` alone."""
    names = {check.name for check in wanted}
    results = run_checks(with_needs(wanted, known), work)
    return Report(task, [result for result in results if result.name in names])


def run_checks(checks: Iterable[Check], work: Work) -> list[Result]:
    """A result for each check, in order. Checks after one that did not pass are skipped."""
    results: dict[str, Result] = {}
    unattempted: set[str] = set()
    for check in checks:
        blockers = [name for name in check.after if results[name].verdict != Verdict.PASSED]
        if check.task in unattempted:
            result = _result(check, Verdict.UNATTEMPTED)
        elif blockers:
            why = f"It waits for another check to pass: {results[blockers[0]].description}"
            result = _result(check, Verdict.SKIPPED, why=why)
        else:
            result = _run_one(check, work)
        if result.verdict is Verdict.UNATTEMPTED:
            unattempted.add(check.task)
        results[check.name] = result
    return list(results.values())


def _run_one(check: Check, work: Work) -> Result:
    work.begin(check.name)
    printed = io.StringIO()
    try:
        # A warning on stderr would cost all the cell's points in nbgrader, so it is kept here.
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            answer = check(work)
    except Unattempted:
        return _result(check, Verdict.UNATTEMPTED)
    except CheckFailed as no:
        evidence = {"called": no.called, "got": no.got, "expected": no.expected, "why": no.why}
    except AssertionError as no:
        evidence = {"why": str(no) or check.description}
    except Exception as error:
        why = "The check could not use what your function gave back."
        evidence = {"got": exception_text(error), "why": why}
    else:
        share = _share(check, answer)
        verdict = Verdict.PASSED if share == 1.0 else Verdict.PARTIAL if share else Verdict.FAILED
        return _result(check, verdict, earned=share * check.points)
    said = printed.getvalue()[:_PRINTED_LIMIT]
    return _result(check, Verdict.FAILED, printed=said, **evidence)


def _share(check: Check, answer: Any) -> float:
    """A check's answer as a share of its points; what is no number is a FileError."""
    try:
        return 1.0 if answer is None else min(1.0, max(0.0, round(float(answer), 9)))
    except (TypeError, ValueError):
        expected = f"expected None or a share of its points, 0..1 (given: {answer!r})"
        problem = f"check '{check.name}': returned: {expected}"
        raise FileError(check.file, check.line, problem) from None


def _result(check: Check, verdict: Verdict, **further: Any) -> Result:
    """A check's record with this verdict: nothing earned, unless `further` says so."""
    about = (check.name, check.task, check.description)
    return Result(*about, verdict, check.points, **{"earned": 0.0, **further})
