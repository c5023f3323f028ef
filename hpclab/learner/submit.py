"""`hpclab submit`: hand an exercise in, to nbgrader's exchange or to a folder."""

import getpass
import os
import re
import secrets
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from hpclab.cells import read_cells
from hpclab.errors import HpclabError, unknown
from hpclab.learner.folder import exercises_in
from hpclab.learner.progress import Progress

_EXCHANGE = "nbgrader's exchange"


def submit(folder: Path, slug: str, to: Path | None, config: Path) -> str:
    """Hand in `<folder>/<slug>`; return a sentence that says where it went.

    With `to`, a copy stands in `<to>/<you>/<slug>` as nbgrader's `submitted` folder wants it.
    Otherwise nbgrader's own `submit` takes it to the exchange of `config`, an nbgrader_config.py.
    """
    notebook = folder / slug / f"{slug}.ipynb"
    if not notebook.is_file():
        raise unknown("exercise", slug, exercises_in(folder))
    read_cells(notebook)  # a notebook that cannot be read is told now, not after the deadline
    if to:
        where = _to_folder(notebook, slug, to)
        Progress(folder).record("submit", lesson=slug, to=where)
        return f"Submitted {slug} to {where}."
    timestamp = _to_exchange(folder, slug, config)
    Progress(folder).record("submit", lesson=slug, to=_EXCHANGE, timestamp=timestamp)
    return f"Submitted {slug} to {_EXCHANGE}. `hpclab feedback {slug}` fetches what comes back."


def _to_folder(notebook: Path, slug: str, to: Path) -> str:
    """Copy beside, then rename, so that a grader never meets half a submission."""
    place = to / _user() / slug
    beside = place.with_name(f".{slug}.{os.getpid()}")
    old = place.with_name(f".{slug}.old")
    if old.exists() and not place.exists():
        old.rename(place)  # a submit that was killed between its two renames
    try:
        beside.mkdir(parents=True)
        shutil.copy2(notebook, beside)
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        (beside / "timestamp.txt").write_text(now, encoding="utf-8")
        # nbgrader's release_feedback stops at a submission that has none.
        (beside / "submission_secret.txt").write_text(secrets.token_hex(64), encoding="utf-8")
        _replace(place, beside, old)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return str(place)


def _replace(place: Path, new: Path, old: Path) -> None:
    """Put `new` in place; what stood there goes away last, and comes back when that fails."""
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    try:
        new.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _user() -> str:
    """The learner's name; on a Hub all may share one system user, so the Hub's name goes first."""
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise HpclabError("This machine has no name for you: set USER to your name.") from None


def _to_exchange(folder: Path, slug: str, config: Path) -> str:
    """Run `nbgrader submit`, with its complaint as ours; the time that it gives the submission."""
    if not config.is_file():
        raise HpclabError(
            f"There is no exchange to submit to: {config} is missing. Name a folder with --to."
        )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    # nbgrader has no --config; it reads the settings that stand in its course directory.
    answer = subprocess.run(
        [sys.executable, "-m", "nbgrader", "submit", slug, f"--course-dir={config.parent}"],
        cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path}, check=False,
    )  # fmt: skip
    if answer.returncode:
        reasons = re.findall(r"\| (?:CRITICAL|ERROR)\]\S* (.*)", answer.stderr)
        raise HpclabError(f"nbgrader did not take {slug}: {'; '.join(reasons) or answer.stderr}")
    done = re.search(r"Submitted as: \S+ \S+ (.*)", answer.stderr)
    return done[1].strip() if done else ""
