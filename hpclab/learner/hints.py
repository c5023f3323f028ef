"""`hints.md`: a ladder of three hints a task; `hint("task")` climbs it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpclab.checks.report import Report
from hpclab.errors import FileError, HpclabError, unknown
from hpclab.learner.progress import progress
from hpclab.verdicts import Verdict

HINTS_FILE = "hints.md"
RUNGS = ("a nudge", "the concept", "nearly the code")
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
    """One rung; a notebook shows it as Markdown."""

    task: str
    rung: int
    text: str

    def __repr__(self) -> str:
        return (
            f"Hint {self.rung} of {len(RUNGS)} for {self.task} ({RUNGS[self.rung - 1]}):\n"
            + self.text
        )

    def _repr_markdown_(self) -> str:
        return f"**Hint {self.rung} of {len(RUNGS)}, {RUNGS[self.rung - 1]}.** {self.text}"


def hint(task: str) -> Hint:
    """The next hint for a task: a nudge, then the concept, then nearly the code."""
    return take_hint(task, _START)


def take_hint(task: str, folder: Path) -> Hint:
    """The next rung for a task of the exercise in `folder`, recorded as taken."""
    try:
        ladders = load_hints(folder / HINTS_FILE)
    except FileNotFoundError:
        raise HpclabError(
            f"There is no {HINTS_FILE} in {folder}: it belongs beside the exercise's notebook."
        ) from None
    if task not in ladders:
        raise unknown("task", task, ladders)
    rung = min(_rungs_used(task, folder) + 1, len(RUNGS))
    progress(folder).record("hint", lesson=folder.name, task=task, rung=rung)
    _taken[(folder, task)] = rung
    return Hint(task, rung, ladders[task][rung - 1])


def advice(report: Report, folder: Path, ask: str) -> str:
    """What to do next, for the end of a report; `ask` is what the learner types for a hint."""
    if report.verdict is Verdict.PASSED:
        return ""
    if report.verdict is Verdict.UNATTEMPTED:
        return f"Not attempted yet: replace the `raise` in `{report.task}`, run it, check again."
    used = _rungs_used(report.task, folder)
    if used >= len(RUNGS):
        return f"All {len(RUNGS)} hints are open: `{ask}` shows the last one again."
    return f"Next hint: `{ask}`, {used + 1} of {len(RUNGS)}, {RUNGS[used]}."


# Where no learner's folder keeps the events, the rungs taken last as long as the kernel.
_taken: dict[tuple[Path, str], int] = {}


def _rungs_used(task: str, folder: Path) -> int:
    taken: list[Any] = [
        event.get("rung", 0)
        for event in progress(folder).events()
        if event["event"] == "hint"
        and event.get("task") == task
        and event.get("lesson") == folder.name
    ]
    return max([*taken, _taken.get((folder, task), 0)])
