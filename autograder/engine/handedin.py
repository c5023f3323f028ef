"""What one learner handed in for an assignment, read once, and named by its content."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from platform import python_version

from autograder.examiner.assignment import Assignment, digest_of
from autograder.examiner.submission import Submission, Unreadable, read_submission

_CARRIED = ("submission_secret.txt",)  # nbgrader's release_feedback stops where it is missing
_LARGEST = 4096


@cache
def environment() -> str:
    """The versions that a result depends on, beside the submission and its checks."""
    packages = ("numpy", "numba", "dask", "hpclab")
    return ", ".join([f"python {python_version()}", *(f"{p} {version(p)}" for p in packages)])


@dataclass(frozen=True)
class Part:
    """One notebook of a submission. problem: why there is nothing to run, "" where there is."""

    assignment: Assignment
    submission: Submission
    problem: str = ""

    @cached_property
    def content(self) -> str:
        """A name for what was handed in, whoever did it."""
        return digest_of([self.submission.digest, self.submission.notes, self.problem])

    @cached_property
    def key(self) -> str:
        """The name of the result: another when content, checks or environment are others."""
        return digest_of([self.content, self.assignment.digest, environment()])


@dataclass(frozen=True)
class HandedIn:
    """What a learner handed in for an assignment: a part for each of its notebooks.

    files: what of the rest goes beside the graded notebooks, by relative path.
    """

    student: str
    assignment: str
    parts: tuple[Part, ...]
    timestamp: str = ""
    files: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def content(self) -> str:
        """A name for all that was handed in, and when."""
        return digest_of([[part.content for part in self.parts], self.timestamp])

    @cached_property
    def key(self) -> str:
        """The name of what goes to the gradebook."""
        return digest_of([[part.key for part in self.parts], self.timestamp])


def read_handed_in(folder: Path, student: str, assignments: Sequence[Assignment]) -> HandedIn:
    """What `student` left in `folder`; what cannot be read becomes a part with a problem."""
    # Where one notebook of several is missing it scores 0, as with nbgrader; all: a person looks.
    there = [one for one in assignments if os.path.lexists(folder / f"{one.notebook}.ipynb")]
    parts = [_read(folder, student, one) for one in there or assignments]
    files = {name: data for part in parts for name, data in part.submission.files.items()}
    files |= {name: data for name in _CARRIED if (data := _small(folder / name))}
    timestamp = _small(folder / "timestamp.txt").decode(errors="replace").strip()
    return HandedIn(student, assignments[0].name, tuple(parts), timestamp, files)


def _read(folder: Path, student: str, assignment: Assignment) -> Part:
    try:
        return Part(assignment, read_submission(folder, student, assignment))
    except Unreadable as error:
        problem = str(error)
    except OSError as error:
        problem = f"It cannot be read: {error.strerror}."
    # The learner reads this too, and knows nothing of our folders.
    problem = problem.replace(f"{folder}{os.sep}", "").replace(f"{folder.parent}{os.sep}", "")
    return Part(assignment, Submission(student, {}), problem)


def _small(path: Path) -> bytes:
    """The first bytes of a plain file; none where it is a link, a folder or something else."""
    if not path.is_file() or path.is_symlink() or path.parent.is_symlink():
        return b""
    with path.open("rb") as file:
        return file.read(_LARGEST)
