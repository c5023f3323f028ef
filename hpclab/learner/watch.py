"""`hpclab watch`: checks an exercise again on each save of its notebook or its script."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from hpclab.checks.child import start_server
from hpclab.checks.report import Report
from hpclab.console import sentence
from hpclab.errors import HpclabError, unknown
from hpclab.learner.files import Stamp, stamp
from hpclab.learner.pair import Pair
from hpclab.learner.progress import Progress
from hpclab.learner.terminal import check_exercise, passed_tasks, tasks_of
from hpclab.verdicts import Verdict

LOOK_SECONDS = 0.1  # between two looks at the files
SETTLE_SECONDS = 0.02  # an editor may be half-way through its save
CELLS_SECONDS = 60.0  # in which all cells have to run


class Watch:
    """Checks `task`, or else the first task that is not passed, and then the next.

    `clear` begins a new page, where there are pages; `say` writes a few lines at once.
    """

    def __init__(
        self,
        folder: Path,
        slug: str,
        task: str | None,
        clear: Callable[[], None],
        say: Callable[[str], None],
    ) -> None:
        self.folder, self.slug, self.task, self.clear, self.say = folder, slug, task, clear, say
        self.tasks, self.pair = tasks_of(folder, slug), Pair(folder, slug)
        if task and task not in self.tasks:
            raise unknown("task", task, self.tasks)

    def run(self) -> None:
        """Check now, and after each save; KeyboardInterrupt ends it.

        A save during a check is seen after it, so that what is reported last is the newest text.
        """
        start_server()
        self.pair.warm()
        seen: dict[Path, Stamp] = {}
        while True:
            now = self._stamps()
            if now == seen:
                time.sleep(LOOK_SECONDS)
                continue
            while seen and (later := self._after_a_moment()) != now:
                now = later
            seen = {**now, **self._once()}

    def _stamps(self) -> dict[Path, Stamp]:
        return {path: stamp(path) for path in self.pair.files}

    def _after_a_moment(self) -> dict[Path, Stamp]:
        time.sleep(SETTLE_SECONDS)
        return self._stamps()

    def _once(self) -> dict[Path, Stamp]:
        """Bring script and notebook together, check, say what came of it; what was written."""
        self.clear()
        wrote: dict[Path, Stamp] = {}
        try:
            synced = self.pair.sync()
            wrote = synced.wrote
            for note in synced.notes:
                self.say(note)
            self._check()
        except (HpclabError, OSError) as error:
            self.say(sentence(error))
        names = " and ".join(path.name for path in self.pair.files if path.is_file())
        self.say(f"{datetime.now():%H:%M:%S}. Watching {names}; Ctrl-C ends it.")
        return wrote

    def _check(self) -> None:
        """One task after the other while they pass; without an open one, all of them."""
        left = self._left()
        while True:
            wanted = self.task or next(iter(left), None)
            reports = check_exercise(self.folder, self.slug, wanted, timeout=CELLS_SECONDS)
            passed = {report.task for report in reports if report.verdict is Verdict.PASSED}
            left = sorted({*left, *(r.task for r in reports)} - passed, key=self.tasks.index)
            goes_on = bool(wanted and passed and left and not self.task)
            for report in reports:
                self.say(_in_short(report) if goes_on or not wanted else repr(report))
            if not goes_on:
                break
        done = len(self.tasks) - len(left)
        count = f"{self.slug}: {done} of {len(self.tasks)} tasks passed. {self._next(left)}"
        self.say(count.rstrip())

    def _left(self) -> list[str]:
        """The tasks that are not passed yet, or were reset since."""
        passed = passed_tasks(Progress(self.folder).events(), self.slug)
        return [task for task in self.tasks if task not in passed]

    def _next(self, left: list[str]) -> str:
        if not left:
            return f"Hand it in: `hpclab submit {self.slug}`. What is next: `hpclab list`."
        if self.task and self.task not in left:
            return f"Next: `hpclab watch {self.slug} {left[0]}`."
        return ""


def _in_short(report: Report) -> str:
    if report.verdict is Verdict.PASSED:
        return f"{report.verdict.symbol} {report.headline}"
    return repr(report)
