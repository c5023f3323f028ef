"""What the tests of `autograder grade` share: courses with submissions, and how to run it."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook

from tests.content import standin

SERVER = Path(__file__).with_name("standin_grade.py")
WHEN = "2026-01-01 10:00:00.000000 UTC"


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Runner:
    """Runs `autograder` with the stand-in in one course, each time in a process of its own."""

    server: "subprocess.Popen[str]"
    course: Path
    env: dict[str, str] = field(default_factory=dict)

    def __call__(
        self, *words: str, seam: str = "", count: int = 1, number: int = 9, **env: str
    ) -> Said:
        job = {"words": words, "folder": str(self.course), "seam": seam, "count": count}
        job |= {"env": {**self.env, standin.LOG: str(self.log), **env}, "signal": number}
        assert self.server.stdin
        assert self.server.stdout
        print(json.dumps(job), file=self.server.stdin, flush=True)
        return Said(*json.loads(self.server.stdout.readline()))

    @property
    def log(self) -> Path:
        """Where the stand-in writes what it ran."""
        return self.course.parent / "ran.log"

    def ran(self, what: str = "ended") -> Counter[str]:
        """How often each submission was run to its end (or began to be), by lane and name."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return Counter(line.removeprefix(f"{what} ") for line in lines if line.startswith(what))

    def document(self, *words: str) -> dict[str, Any]:
        """`autograder grade --json` as a value."""
        return json.loads(self("grade", *words, "--json").out)


def start_server() -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, str(SERVER)], stdin=pipe, stdout=pipe, text=True)


def hand_in(course: Path, who: str, text: str, when: str = WHEN, slug: str = "double") -> Path:
    """A submission of `slug` in the course's folder, whose task `double` says `text`."""
    notebook = nbformat.read(course / f"release/{slug}/{slug}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.id == "double":
            cell.source = text
    folder = course / "submitted" / who / slug
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{slug}.ipynb")
    (folder / "timestamp.txt").write_text(when)
    (folder / "submission_secret.txt").write_text(f"secret of {who}")
    return folder


def scores(course: Path, url: str = "") -> dict[str, tuple[float, bool]]:
    """What the gradebook says of each learner: score, and whether a person must look."""
    with Gradebook(url or f"sqlite:///{course}/gradebook.db") as gradebook:
        rows = gradebook.submission_dicts("double")
        return {row["student"]: (row["score"], row["needs_manual_grade"]) for row in rows}
