"""`hpclab submit`: hand an exercise in, to nbgrader's exchange or to a folder."""

import getpass
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from hpclab.checks.child import read_cells
from hpclab.errors import HpclabError, unknown
from hpclab.learner.folder import exercises_in
from hpclab.learner.progress import Progress


def submit(folder: Path, slug: str, to: Path | None, config: Path) -> str:
    """Hand in `<folder>/<slug>`; return a sentence that says where it went.

    With `to`, a copy stands in `<to>/<you>/<slug>` as nbgrader's `submitted` folder wants it.
    Otherwise nbgrader's own `submit` takes it to the exchange of `config`, an nbgrader_config.py.
    """
    notebook = folder / slug / f"{slug}.ipynb"
    if not notebook.is_file():
        raise unknown("exercise", slug, exercises_in(folder))
    read_cells(notebook)  # a notebook that cannot be read is told now, not after the deadline
    where = _to_folder(notebook, slug, to) if to else _to_exchange(folder, slug, config)
    Progress(folder).record("submit", lesson=slug, to=where)
    return f"Submitted {slug} to {where}."


def _to_folder(notebook: Path, slug: str, to: Path) -> str:
    """Copy beside, then rename, so that a grader never meets half a submission."""
    place = to / getpass.getuser() / slug
    beside = place.with_name(f".{slug}.{os.getpid()}")
    old = place.with_name(f".{slug}.old")
    shutil.rmtree(old, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        shutil.copy2(notebook, beside)
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        (beside / "timestamp.txt").write_text(now, encoding="utf-8")
        if place.exists():
            place.rename(old)
        beside.rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return str(place)


def _to_exchange(folder: Path, slug: str, config: Path) -> str:
    """Run `nbgrader submit`, with its complaint as ours."""
    if not config.is_file():
        raise HpclabError(
            f"There is no exchange to submit to: {config} is missing. Name a folder with --to."
        )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    answer = subprocess.run(
        [sys.executable, "-m", "nbgrader", "submit", slug, f"--config={config}",
         f"--CourseDirectory.root={folder}"],
        cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path}, check=False,
    )  # fmt: skip
    if answer.returncode:
        lines = [line for line in answer.stderr.splitlines() if "ERROR" in line]
        raise HpclabError(f"nbgrader did not take {slug}:\n" + "\n".join(lines or [answer.stderr]))
    return "nbgrader's exchange"
