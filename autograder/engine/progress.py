"""The bar that shows how far grading is."""

import time
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.engine.journal import Saved
from autograder.examiner.record import Record


class Bar:
    """A bar on stderr: done, passing (full marks), rate, time left. Lines where it is no screen."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[done]} done, {task.fields[passing]} passing"),
            TextColumn("{task.fields[rate]:.0f}/min"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[about]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._began, self._wanted, self._done, self._passing, self._alone = 0.0, 0, 0, 0, 0
        self._confined = ""

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def begin(self, name: str, submissions: int) -> None:
        """Show an assignment's bar."""
        self._began, self._wanted, self._done, self._passing = time.monotonic(), submissions, 0, 0
        self._alone = 0
        if not self._console.is_terminal and submissions:
            self._console.print(f"{name}: {submissions} submissions to grade", highlight=False)
        for task in self._bar.task_ids:
            self._bar.remove_task(task)
        if submissions:
            self._task = self._bar.add_task(name, total=submissions, **self._fields(""))

    def ran(self, record: Record, *, alone: bool) -> None:
        """A step more; and one more to come where checks wait to be timed alone."""
        if record.layers and not self._confined:
            self._confined = record.layers
            self._console.print(f"confined by {record.layers}", highlight=False, soft_wrap=True)
        self._alone += bool(record.waiting) - alone
        if record.waiting:
            total = self._bar.tasks[0].total or 0.0
            self._bar.update(self._task, advance=1, total=total + 1)
        about = f"{self._alone} to be timed" if self._alone else ""
        self._bar.update(self._task, **self._fields(about))

    def saved(self, saved: Saved) -> None:
        """One submission more is done."""
        self._done += 1
        self._passing += saved.score >= saved.of
        about = self._bar.tasks[0].fields["about"] if self._bar.tasks else ""
        self._bar.update(self._task, advance=1, **self._fields(about))

    def no_workers(self) -> None:
        """Say what it waits for."""
        self._bar.update(self._task, **self._fields("waiting for workers"))

    def _fields(self, about: str) -> dict[str, Any]:
        rate = 60 * self._done / max(1e-9, time.monotonic() - self._began)
        return {
            "done": f"{self._done}/{self._wanted}", "passing": self._passing,
            "rate": rate, "about": about,
        }  # fmt: skip
