"""Run checks on work: one verdict each, whatever the learner's code does."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

from hpclab.checks.language import Check, with_needs
from hpclab.checks.limits import LimitReached, Printed, enforced
from hpclab.checks.report import Report
from hpclab.checks.work import CheckFailed, Inconclusive, Unattempted, Work
from hpclab.errors import FileError
from hpclab.verdicts import Result, Verdict
from hpclab.words import exception_text

_STOPPED = "The check was stopped; the others went on."


def report_on(wanted: list[Check], known: list[Check], work: Work, task: str) -> Report:
    """Run `wanted` and what they come after; report on `wanted` alone."""
    names = {check.name for check in wanted}
    results = run_checks(with_needs(wanted, known), work)
    return Report(task, [result for result in results if result.name in names])


def run_checks(
    checks: Iterable[Check], work: Work, earlier: Iterable[Result] = ()
) -> Iterator[Result]:
    """A result for each check, in order. Checks after one that did not pass are skipped.

    `earlier` are results that are known already: those checks are not run again.
    """
    known = {result.name: result for result in earlier}
    results: dict[str, Result] = {}
    unattempted: set[str] = set()
    for check in checks:
        blockers = [name for name in check.after if results[name].verdict != Verdict.PASSED]
        fresh = check.name not in known
        if not fresh:
            result = known[check.name]
        elif check.task in unattempted:
            result = _result(check, Verdict.UNATTEMPTED)
        elif blockers:
            why = f"It waits for another check to pass: {results[blockers[0]].description}"
            result = _result(check, Verdict.SKIPPED, why=why)
        else:
            result = _run_one(check, work)
        if result.verdict is Verdict.UNATTEMPTED:
            unattempted.add(check.task)
        results[check.name] = result
        if fresh:
            yield result


def stopped(check: Check, end: str) -> Result:
    """The result of a check whose process was killed or ended before it could tell."""
    return _result(check, Verdict.FAILED, got=f"the function {end}", why=_STOPPED)


def _run_one(check: Check, work: Work) -> Result:
    work.begin(check.name, check.limits)
    printed = Printed(check.limits.output)
    verdict, evidence = Verdict.FAILED, {}
    try:
        # A warning on stderr would cost all the cell's points in nbgrader, so it is kept here.
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            enforced(check.limits),
        ):
            answer = check(work)
    except Unattempted:
        return _result(check, Verdict.UNATTEMPTED)
    except Inconclusive as cannot:
        verdict, evidence = Verdict.INCONCLUSIVE, {"why": str(cannot)}
    except CheckFailed as no:
        evidence = {"called": no.called, "got": no.got, "expected": no.expected, "why": no.why}
    except AssertionError as no:
        evidence = {"why": str(no) or check.description}
    except LimitReached as limit:
        verdict = Verdict.INCONCLUSIVE if limit.starved else Verdict.FAILED
        evidence = {"got": limit.got, "why": _STOPPED}
    except Exception as error:
        why = "The check could not use what your function gave back."
        evidence = {"got": exception_text(error), "why": why}
    else:
        share = _share(check, answer)
        verdict = Verdict.PASSED if share == 1.0 else Verdict.PARTIAL if share else Verdict.FAILED
        return _result(check, verdict, earned=share * check.points, measured=work.measured)
    said = printed.getvalue()
    return _result(check, verdict, printed=said, measured=work.measured, **evidence)


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
