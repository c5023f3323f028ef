"""nbgrader's exchange, in process: what arrived is collected, feedback is made and handed back."""

import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGraderAPI
from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns, notebook_hash, parse_utc, temp_attrs
from traitlets import Bool

from autograder.engine.course import CourseFolder
from hpclab.errors import HpclabError

_DELAY = timedelta(minutes=5)  # from a submission's time to its last byte on a slow disk


class Collect(ExchangeCollect):
    """nbgrader's step, which copies links as links: they might lead to what only we may read.

    Where each learner has an account of their own, `owned` refuses what somebody handed in under
    another's name: nbgrader only warns of it, and would take it for the other's newest.
    """

    owned = Bool(False, help="Take only what belongs to the learner whose name it bears.").tag(
        config=True
    )

    def init_src(self) -> None:
        """Find the submissions; what is refused is put aside beforehand, so that none sees it."""
        inbound = Path(self.root, self.coursedir.course_id, "inbound")
        for path in sorted(inbound.iterdir()) if self.owned and inbound.is_dir() else ():
            if not path.name.startswith(".") and (reason := _refusal(path)):
                # In its own folder: to take it elsewhere needs its owner's leave.
                aside = path.with_name(f".refused-{secrets.token_hex(8)}")
                path.rename(aside)
                self.log.warning(f"{path.name[:80]}: {reason}; put aside as {aside.name}")
        super().init_src()

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy a submission, as nbgrader does it."""
        course = self.coursedir
        if self.owned and (reason := _refusal(Path(src))):  # renamed in this moment
            raise HpclabError(f"{Path(src).name}: {reason}.")
        if self.owned and (doubt := _backdated(Path(src))):
            self.log.warning(f"{Path(src).name[:80]}: {doubt}")
        if self.get_size(src) > 1000 * course.max_dir_size:
            raise HpclabError(f"It has more than {course.max_dir_size} kB.")
        ignore = ignore_patterns(course.ignore, course.include, course.max_file_size, self.log)
        shutil.copytree(src, dest, symlinks=True, ignore=ignore)


def _refusal(path: Path) -> str:
    """Why a submission is not taken, "" where it is."""
    parts = path.name.rsplit("+", 3)
    try:
        parse_utc(parts[2])
    except (IndexError, ValueError, OverflowError):
        return "not a name that nbgrader gives"
    if path.is_symlink() or not path.is_dir():
        return "not a folder"
    try:
        owner = path.owner()
    except KeyError:
        owner = "nobody who has an account"
    return "" if owner == parts[0] else f"it belongs to {owner}"


def _backdated(path: Path) -> str:
    """Whether a submission claims to be older than it is, in words; "" where it does not.

    Its learner writes timestamp.txt; when the file was last touched, only the system writes.
    """
    file = path / "timestamp.txt"
    if file.is_symlink() or not file.is_file():
        return ""  # without a time it is never late
    try:
        with file.open(errors="replace") as opened:
            says = parse_utc(opened.read(100).strip())
        came = datetime.fromtimestamp(file.lstat().st_ctime, UTC).replace(tzinfo=None)
    except (OSError, ValueError, OverflowError, TypeError):
        return ""
    if came - says <= _DELAY:
        return ""
    return f"it says {says:%Y-%m-%d %H:%M} UTC, but was written at {came:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, order=True)
class Arrival:
    """A submission in the exchange, as its folder's name says."""

    assignment: str
    student: str
    folder: str


class Exchange:
    """The exchange of a course. Each step's complaint is an HpclabError."""

    def __init__(self, course: CourseFolder) -> None:
        self._course = course
        self._api = NbGraderAPI(config=course.config)
        step = self._api.exchange.Collect(coursedir=self._api.coursedir, parent=self._api)
        if type(step) not in (ExchangeCollect, Collect):
            raise HpclabError("`watch` looks into nbgrader's own exchange, which is a folder.")
        self._api.exchange.collect = Collect
        self._root = Path(step.root, self._api.coursedir.course_id)
        if not self._api.coursedir.course_id:
            raise HpclabError("The course has no name: set c.CourseDirectory.course_id.")

    @property
    def inbound(self) -> Path:
        """The folder that learners submit to."""
        return self._root / "inbound"

    def arrivals(self) -> Iterator[Arrival]:
        """All submissions that are there and complete."""
        for path in sorted(self.inbound.iterdir()) if self.inbound.is_dir() else ():
            parts = path.name.rsplit("+", 3)
            # A name of one's own making may neither be a path nor match other people's work.
            if len(parts) == 4 and not re.search(r"^\.|[*?\[\]]", parts[0]):
                secret = path / "submission_secret.txt"  # what nbgrader writes last
                if secret.is_file() and secret.stat().st_size:
                    yield Arrival(parts[1], parts[0], path.name)

    def collect(self, student: str, assignment: str) -> list[str]:
        """Take a learner's newest submission; nbgrader's warnings."""
        with temp_attrs(self._api.coursedir, student_id=student):
            return _checked(self._api.collect(assignment, update=True))

    def hand_back(self, student: str, assignment: str) -> list[str]:
        """Make the feedback page of a graded submission and release it; nbgrader's warnings."""
        warnings = _checked(self._api.generate_feedback(assignment, student, force=True))
        return warnings + _checked(self._api.release_feedback(assignment, student))

    def handed_back(self, student: str, assignment: str) -> bool:
        """Whether the feedback in the exchange is that of the submission that was collected."""
        directory = self._course.directory
        feedback = Path(directory.format_path(directory.feedback_directory, student, assignment))
        submitted = self._course.submitted(student, assignment)
        pages = list(feedback.glob("*.html"))
        secret = _secret(feedback)
        if not pages or not secret or secret != _secret(submitted):
            return False
        names = {page: notebook_hash(secret=secret, notebook_id=page.stem) for page in pages}
        released = {page: self._root / "feedback" / f"{name}.html" for page, name in names.items()}
        return all(
            there.exists() and there.stat().st_mtime >= page.stat().st_mtime
            for page, there in released.items()
        )


def _secret(folder: Path) -> str:
    """What nbgrader draws anew for each submission, and keeps beside it."""
    path = folder / "submission_secret.txt"
    if not path.is_file():
        return ""
    with path.open(errors="replace") as file:
        return file.read(4096)


def _checked(answer: dict[str, Any]) -> list[str]:
    """The warnings that a step logged; HpclabError with its errors where it failed."""
    log = answer.get("log", "")
    if not answer["success"]:
        if "KeyboardInterrupt" in answer["error"]:  # nbgrader catches even that
            raise KeyboardInterrupt
        said = _lines(log, "ERROR|CRITICAL") or answer["error"].strip().splitlines()[-1:]
        raise HpclabError(f"nbgrader: {'; '.join(said)}")
    return _lines(log, "WARNING")


def _lines(log: str, levels: str) -> list[str]:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", log)
    said = re.findall(rf"^\[(?:{levels})\]\s*([^\[]*)", plain, re.MULTILINE)
    return [" ".join(line.split()) for line in said]
