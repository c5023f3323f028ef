"""What is said at the end of grading: a table for people, a document for machines."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.engine.grade import Outcome, Report
from hpclab.verdicts import Result, Verdict

_VERSION = 1


def show(console: Console, report: Report) -> None:
    """Print an assignment's table, and below it what a person must do."""
    table = Table(title=report.assignment, title_justify="left")
    for name in ("learner", "score", "of", "verdict", "notes"):
        table.add_column(name, justify="right" if name in ("score", "of") else "left")
    for one in report.outcomes:
        cells = (one.student, f"{one.score:g}", f"{one.of:g}", verdict(one), "\n".join(one.notes))
        table.add_row(*map(Text, cells))  # as Text: what a learner wrote is no markup
    console.print(table)
    for line in sentences(report):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def sentences(report: Report) -> list[str]:
    """What became of an assignment, and what is left to do."""
    name, outcomes = report.assignment, report.outcomes
    full = sum(one.score >= one.of for one in outcomes)
    said = [f"{name}: {len(outcomes)} submissions, {report.ran} of them graded now, "
            f"{full} with full marks."]  # fmt: skip
    if waits := [one for one in outcomes if one.waits]:
        said.append(f"A person must look at {len(waits)}:")
        said += [f"  {one.student}: {', '.join(_cells(one))}" for one in waits]
    if others := sum(one.others for one in outcomes):
        said.append(
            f"{others} were graded with other checks, or in another environment. "
            f"`autograder regrade {name}` grades them with today's, and shows the difference."
        )
    return said + [f"Not in the gradebook: {problem}" for problem in report.problems]


def differences(report: Report) -> list[str]:
    """A line for each submission that today's checks judge otherwise than those before."""
    if not report.changes:
        return [f"{report.assignment}: no submission changed."]
    late = {one.student for one in report.outcomes if one.late}
    said = (f"{one}{', before the late rule' * (one.student in late)}" for one in report.changes)
    return [f"{report.assignment}: what changed", *(f"  {line}" for line in said)]


def verdict(one: Outcome) -> str:
    """A submission in a few words."""
    results = [result for record in one.records.values() for result in record.results]
    passed = sum(result.verdict is Verdict.PASSED for result in results)
    checks = f"{passed} of {len(results)} checks" if results else ""
    if one.waits:
        return "? waits for a person"
    if one.late:
        return f"◔ late: -{one.late:g}; {checks}".removesuffix("; ")
    if one.of and one.score >= one.of:
        return "✓ full marks"
    if results and all(_untouched(result) for result in results):
        return "○ unattempted"
    return f"◐ {checks}".rstrip() if one.score else f"✗ {checks}".rstrip()


def document(reports: Sequence[Report], gradebook: str) -> dict[str, Any]:
    """All reports as one JSON-ready value; book/reference/grading.md says what is in it."""
    return {
        "version": _VERSION,
        "gradebook": gradebook,
        "assignments": [
            {
                "assignment": report.assignment,
                "graded_now": report.ran,
                "problems": report.problems,
                "submissions": [_submission(one) for one in report.outcomes],
                "changes": [change.to_json() for change in report.changes],
            }
            for report in reports
        ],
    }


def _submission(one: Outcome) -> dict[str, Any]:
    records = one.records.items()
    return {
        "student": one.student,
        "score": one.score,
        "of": one.of,
        "late_submission_penalty": one.late,
        "waits_for_a_person": _cells(one) if one.waits else [],
        "other_checks": one.others,
        "notes": one.notes,
        "cpu": round(sum(record.cpu for _, record in records), 3),
        "checks": [_check(name, result) for name, record in records for result in record.results],
    }


def _check(notebook: str, result: Result) -> dict[str, Any]:
    return {
        "notebook": notebook,
        "task": result.task,
        "check": result.name,
        "verdict": str(result.verdict),
        "earned": result.earned,
        "points": result.points,
    }


def _cells(one: Outcome) -> list[str]:
    return [cell for record in one.records.values() for cell in record.inconclusive]


def _untouched(result: Result) -> bool:
    return result.verdict in (Verdict.UNATTEMPTED, Verdict.SKIPPED)
