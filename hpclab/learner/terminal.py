"""`hpclab check`: an exercise's checks from a terminal."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hpclab.cells import read_cells
from hpclab.checks.child import check_cells
from hpclab.checks.language import CHECKS_FILE, load_checks
from hpclab.checks.report import Report
from hpclab.errors import unknown
from hpclab.learner.folder import exercises_in
from hpclab.learner.hints import advice
from hpclab.learner.progress import Progress
from hpclab.verdicts import Verdict


def tasks_of(folder: Path, slug: str) -> list[str]:
    """The tasks of an exercise in a learner's folder, in order."""
    if not (folder / slug).is_dir():
        raise unknown("exercise", slug, exercises_in(folder))
    return list(dict.fromkeys(check.task for check in load_checks(folder / slug / CHECKS_FILE)))


def passed_tasks(events: Iterable[dict[str, Any]], slug: str) -> set[str]:
    """The tasks of an exercise that were passed and not reset since."""
    passed: set[str] = set()
    for event in events:
        if event.get("lesson") != slug:
            continue
        if event["event"] == "try" and event.get("verdict") == Verdict.PASSED:
            passed.add(str(event.get("task")))
        elif event["event"] == "reset":
            passed -= {str(event["task"])} if event.get("task") else set(passed)
    return passed


def check_exercise(
    folder: Path, slug: str, task: str | None = None, timeout: float = 300.0
) -> list[Report]:
    """Run the public checks of `<folder>/<slug>` in a process of its own, and record the try.

    Cells that take more than `timeout` seconds are an HpclabError.
    """
    home, tasks = folder / slug, tasks_of(folder, slug)
    cells = read_cells(home / f"{slug}.ipynb")
    if task and task not in tasks:
        raise unknown("task", task, tasks)
    wanted = [task] if task else tasks
    reports = check_cells(cells, home, [home / CHECKS_FILE], wanted, timeout=timeout)
    for report in reports:
        Progress(folder).record_try(slug, report)
    return [
        replace(report, advice=advice(report, home, f"hpclab hint {slug} {report.task}"))
        for report in reports
    ]
