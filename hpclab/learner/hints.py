"""`hints.md`: a ladder of three hints a task; `hint("task")` climbs it, up to the solution."""

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hpclab.checks.report import Report
from hpclab.errors import FileError, HpclabError, unknown
from hpclab.learner.progress import learner_folder, progress, solutions_in
from hpclab.verdicts import Verdict

HINTS_FILE = "hints.md"
RUNGS = ("a nudge", "the concept", "nearly the code")
WAIT = timedelta(minutes=5)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_START = Path.cwd()


def load_hints(path: Path) -> dict[str, list[str]]:
    """The rungs of each task; anything but three rungs a task is a FileError with its line."""
    ladders: dict[str, list[str]] = {}
    headings: dict[str, int] = {}
    task = ""
    fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fenced ^= line.lstrip().startswith("```")
        if not fenced and line.startswith("## "):
            task = line[3:].strip().strip("`")
            if task in ladders:
                raise FileError(path, number, f"task '{task}' stands twice")
            ladders[task], headings[task] = [], number
        elif task and not fenced and re.match(r"\d+\. ", line):
            ladders[task].append(line.split(". ", 1)[1])
        elif task and ladders[task]:
            ladders[task][-1] += "\n" + line.removeprefix("   ")
        elif task and line.strip():
            raise FileError(
                path, number, f"expected a numbered list, '1. ' first, below '## {task}'"
            )
    for task, rungs in ladders.items():
        if len(rungs) != len(RUNGS):
            raise FileError(
                path,
                headings[task],
                f"task '{task}': expected {len(RUNGS)} numbered "
                f"hints ({', '.join(RUNGS)}), found {len(rungs)}",
            )
    return {task: [rung.strip() for rung in rungs] for task, rungs in ladders.items()}


@dataclass(frozen=True)
class Hint:
    """One rung, or the solution, and what comes next; a notebook shows it as Markdown."""

    task: str
    title: str
    text: str
    next: str = ""

    def __repr__(self) -> str:
        return "\n".join(filter(None, [f"{self.task}: {self.title}", self.text, self.next]))

    def _repr_markdown_(self) -> str:
        return "\n\n".join(filter(None, [f"**{self.title}.** {self.text}", self.next]))


def hint(task: str, give_up: bool = False) -> Hint:
    """The next hint for a task: a nudge, then the concept, then nearly the code.

    The next one opens after a try that did not pass, or after five minutes. When the task is
    passed, or with `give_up=True`, it is the solution, and why it is fast.
    """
    call = f'hint("{task}"{{}})'
    return take_hint(
        task, _START, ask=call.format(""), end=call.format(", give_up=True"), give_up=give_up
    )


def take_hint(task: str, folder: Path, *, ask: str, end: str, give_up: bool = False) -> Hint:
    """The next rung for a task of the exercise in `folder`, recorded as taken.

    `ask` and `end` are what the learner types for the next hint, and to give up.
    """
    try:
        ladders = load_hints(folder / HINTS_FILE)
    except FileNotFoundError:
        raise HpclabError(
            f"There is no {HINTS_FILE} in {folder}: it belongs beside the exercise's notebook."
        ) from None
    if task not in ladders:
        raise unknown("task", task, ladders)
    climbed = climb(task, folder)
    if give_up or climbed.passed or climbed.gave_up:
        if not climbed.gave_up and not climbed.passed:
            progress(folder).record("solution", lesson=folder.name, task=task)
        return _solution(task, folder)
    wait = climbed.wait(datetime.now(UTC))
    rung = climbed.rung if wait else min(climbed.rung + 1, len(RUNGS))
    if rung > climbed.rung:
        progress(folder).record("hint", lesson=folder.name, task=task, rung=rung)
    return Hint(
        task,
        f"Hint {rung} of {len(RUNGS)}, {RUNGS[rung - 1]}",
        ladders[task][rung - 1],
        _after(rung, wait or WAIT, ask, end),
    )


def _after(rung: int, wait: timedelta, ask: str, end: str) -> str:
    """What opens next, and when."""
    if rung == len(RUNGS):
        return f"This is the last hint. To give up and see the solution: `{end}`."
    left = max(1, round(wait.total_seconds()))
    clock = f"{left // 60} min {left % 60} s" if left >= 60 else f"{left} s"
    return f"The next hint opens when a check has failed again, or in {clock}: `{ask}`."


def _read_solution(task: str, folder: Path) -> dict[str, str] | None:
    """The course's solution (code, why), if it was laid into the learner's folder."""
    home = learner_folder(folder)
    if home is None:
        return None
    try:
        solutions = json.loads((solutions_in(home) / f"{folder.name}.json").read_text("utf-8"))
        return {part: str(solutions[task][part]) for part in ("code", "why")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _solution(task: str, folder: Path) -> Hint:
    solution = _read_solution(task, folder)
    if solution is None:
        return Hint(task, "The solution", "This course does not hand its solutions out.")
    return Hint(
        task, "The solution", f"\n\n```python\n{solution['code']}\n```\n\n{solution['why']}"
    )


def advice(report: Report, folder: Path, ask: str) -> str:
    """What to do next, for the end of a report; `ask` is what the learner types for a hint."""
    climbed = climb(report.task, folder)
    used = f"Hints used: {climbed.rung} of {len(RUNGS)}."
    if report.verdict is Verdict.PASSED:
        if climbed.gave_up:
            used += " You had seen the solution."
        if _read_solution(report.task, folder) is None:
            return used
        return f"{used} The solution, and why it is fast: `{ask}`."
    if report.verdict is Verdict.UNATTEMPTED:
        return f"Not attempted yet: replace the `raise` in `{report.task}`, run it, check again."
    if climbed.rung >= len(RUNGS):
        return f"{used} All of them again, and the way to the solution: `{ask}`."
    return f"{used} Next: `{ask}`, {RUNGS[climbed.rung]}."


@dataclass
class Climb:
    """How far a learner has climbed a task's ladder."""

    rung: int = 0
    at: datetime = _LONG_AGO  # when the last rung was taken
    failed_since: bool = False
    passed: bool = False
    gave_up: bool = False

    def wait(self, now: datetime) -> timedelta | None:
        """How long the next rung stays shut, if it is; the first is always open."""
        if self.rung == 0 or self.failed_since or now - self.at >= WAIT:
            return None
        return min(
            WAIT, self.at + WAIT - now
        )  # a clock that was set back does not shut it for long


def climb(task: str, folder: Path) -> Climb:
    """The climb so far, from the events of the exercise in `folder`."""
    climbed = Climb()
    for event in progress(folder).events():
        if event.get("task") != task or event.get("lesson") != folder.name:
            continue
        with suppress(KeyError, TypeError, ValueError, OverflowError):  # a damaged line
            _step(climbed, event)
    return climbed


def _step(climbed: Climb, event: dict[str, Any]) -> None:
    if event["event"] == "hint" and int(event["rung"]) > climbed.rung:
        climbed.rung, climbed.at = int(event["rung"]), _when(event["at"])
        climbed.failed_since = False
    elif event["event"] == "solution":
        climbed.gave_up = True
    elif event["event"] == "try":
        climbed.passed |= event["verdict"] == Verdict.PASSED
        climbed.failed_since |= event["verdict"] in (
            Verdict.FAILED,
            Verdict.PARTIAL,
            Verdict.INCONCLUSIVE,
        )


def _when(at: str) -> datetime:
    return datetime.fromisoformat(at).astimezone(UTC)
