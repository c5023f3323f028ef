"""The solutions that a self-paced learner sees when a task is passed or given up.

They lie outside everything that nbgrader copies: a graded course hands out the release alone.
"""

import json
import re
from pathlib import Path

from autograder.build.exercise import Exercise
from autograder.build.files import write_text
from autograder.build.notebooks import read_script

_MARKS = re.compile(r"^ *### (BEGIN|END) SOLUTION\n?", re.MULTILINE)


def build_solutions(exercises: list[Exercise], out: Path) -> None:
    """Write `<slug>.json` each: task -> its cell's code and why it is written so."""
    for exercise in exercises:
        found = {
            cell.metadata["task"]: {
                "code": _MARKS.sub("", cell.source).strip(),
                "why": exercise.why[cell.metadata["task"]],
            }
            for cell in read_script(exercise.folder / "exercise.py").cells
            if "task" in cell.metadata
        }
        write_text(out / f"{exercise.slug}.json", json.dumps(found, indent=1) + "\n")
    for stray in set(out.glob("*.json")) - {
        out / f"{exercise.slug}.json" for exercise in exercises
    }:
        stray.unlink()
