"""`hpclab feedback`: the page that came back on what was handed in."""

import logging
import re
import time
from pathlib import Path
from typing import Any

from hpclab.errors import HpclabError, unknown
from hpclab.learner.folder import exercises_in
from hpclab.learner.progress import Progress

_LOOK = 1.0  # seconds between two looks into the exchange


def feedback(folder: Path, slug: str, config: Path, wait: float = 0.0) -> str:
    """Fetch the feedback on the last submission of an exercise; points and page in a sentence.

    Waits up to `wait` seconds for it. HpclabError where nothing was handed in to the exchange of
    `config`, an nbgrader_config.py, or where there is no feedback yet.
    """
    if slug not in exercises_in(folder):
        raise unknown("exercise", slug, exercises_in(folder))
    submitted = [event for event in Progress(folder).events()
                 if event["event"] == "submit" and event.get("lesson") == slug]  # fmt: skip
    if not submitted or "timestamp" not in submitted[-1]:
        raise HpclabError(f"{slug} was not handed in to an exchange; see `hpclab submit {slug}`.")
    step = _fetching(folder, slug, config)
    until = time.monotonic() + wait
    while not (page := _fetch(step, slug, submitted[-1]["timestamp"])):
        if time.monotonic() >= until:
            raise HpclabError(
                f"There is no feedback on {slug} yet. Ask again later: `hpclab feedback {slug}`."
            )
        time.sleep(_LOOK)
    score = re.search(r"\(Score: ([\d.]+) / ([\d.]+)\)", page.read_text(encoding="utf-8"))
    points = f"{float(score[1]):g} of {float(score[2]):g} points. " if score else ""
    return f"{slug}: {points}Your feedback: {page}"


def _fetching(folder: Path, slug: str, config: Path) -> Any:
    """nbgrader's step that fetches feedback, set up as the course's settings say."""
    from nbgrader.auth import Authenticator
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.exchange import ExchangeFactory
    from traitlets.config.loader import PyFileConfigLoader

    if not config.is_file():
        raise HpclabError(f"There is no exchange to ask: {config} is missing.")
    settings = PyFileConfigLoader(config.name, path=str(config.parent)).load_config()
    settings.Exchange.assignment_dir = str(folder)
    course = CourseDirectory(config=settings)
    course.assignment_id = slug
    step = ExchangeFactory(config=settings).FetchFeedback(
        coursedir=course, authenticator=Authenticator(config=settings), config=settings
    )
    step.log = logging.getLogger("hpclab.feedback")
    step.log.setLevel(logging.CRITICAL + 1)  # what it misses is said in our own words
    return step


def _fetch(step: Any, slug: str, timestamp: str) -> Path | None:
    """The page on the submission of that time, if it is there."""
    from nbgrader.exchange import ExchangeError

    try:
        step.start()
    except ExchangeError:  # before the first feedback of the course
        return None
    page = Path(step.dest_path, timestamp, f"{slug}.html")
    return page if page.is_file() else None
