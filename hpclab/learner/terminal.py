"""`hpclab check`: an exercise's checks from a terminal."""

from dataclasses import replace
from pathlib import Path

from hpclab.cells import read_cells
from hpclab.checks.child import check_cells
from hpclab.checks.language import CHECKS_FILE, load_checks
from hpclab.checks.report import Report
from hpclab.errors import unknown
from hpclab.learner.folder import exercises_in
from hpclab.learner.hints import advice
from hpclab.learner.progress import Progress


def check_exercise(folder: Path, slug: str, task: str | None = None) -> list[Report]:
    """Run the public checks of `<folder>/<slug>` in a process of its own, and record the try."""
    home = folder / slug
    if not home.is_dir():
        raise unknown("exercise", slug, exercises_in(folder))
    cells = read_cells(home / f"{slug}.ipynb")
    tasks = list(dict.fromkeys(check.task for check in load_checks(home / CHECKS_FILE)))
    if task and task not in tasks:
        raise unknown("task", task, tasks)
    reports = check_cells(cells, home, [home / CHECKS_FILE], [task] if task else tasks)
    for report in reports:
        Progress(folder).record_try(slug, report)
    return [
        replace(report, advice=advice(report, home, f"hpclab hint {slug} {report.task}"))
        for report in reports
    ]
