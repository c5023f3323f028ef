"""Where namespaces are forbidden, as in some containers, the other layers hold."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.examiner.examine import Checks, Examination
from autograder.sandbox.client import Zygote
from autograder.sandbox.probe import probe
from tests.security.grading.attacks import CHEATS
from tests.security.grading.course import (
    FULL,
    HONEST,
    LIMITS,
    NONE,
    SECRET,
    Graded,
    examine,
    hand_in,
    load,
    read_submission,
    state,
)
from tests.security.grading.limits import DAEMONS, DEADLY
from tests.security.grading.spies import SPIES

OUTSIDE = [
    "the instructor's solution by its path", "another's submission, copied",
    "SQL on the gradebook", "nothing for the others",
    "settings, start-up files and modules planted",
    "a signal to all that is above", "the debugger's calls",
]  # fmt: skip


class InThisProcess:
    """An examiner whose layers the test has chosen."""

    def __init__(self, zygote: Zygote, checks: Checks) -> None:
        self._zygote, self._checks = zygote, checks

    def examine(self, assignment: Any, submission: Any, *, timed: bool) -> Any:
        one = Examination(self._zygote, assignment, self._checks, submission)
        return one.grade(timed=timed, earlier=None)


@pytest.fixture(scope="module")
def examiner(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    layers = probe("namespaces")
    assert layers.safe
    assert not layers.namespaces
    with Zygote(layers) as zygote:
        yield InThisProcess(zygote, Checks.load(load(course), tmp_path_factory.mktemp("checks")))


def grade(examiner: Any, course: Path, text: str) -> Graded:
    before = state(course)
    folder = hand_in(course, "mallory", HONEST | {"double": text.replace("COURSE", str(course))})
    assignment = load(course, LIMITS)
    graded = examine(examiner, assignment, read_submission(folder, "mallory", assignment))
    assert state(course) == before
    assert "landlock" in graded.record.layers
    assert "namespace" not in graded.record.layers
    return graded


def test_honest_work_is_graded(examiner: Any, course: Path) -> None:
    assert grade(examiner, course, HONEST["double"]).points == FULL


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_is_reached_or_gained(name: str, examiner: Any, course: Path) -> None:
    assert grade(examiner, course, CHEATS[name]).points == NONE


@pytest.mark.parametrize("name", SPIES)
def test_hidden_checks_stay_hidden(name: str, examiner: Any, course: Path) -> None:
    assert SECRET not in grade(examiner, course, SPIES[name]).text


@pytest.mark.parametrize("name", ["a socket out", "another program", "a segmentation fault"])
def test_the_other_task_keeps_its_points(name: str, examiner: Any, course: Path) -> None:
    points = grade(examiner, course, DEADLY[name][0]).points
    assert points.items() >= {"total-check": 1.0, "total-hidden": 1.0}.items()
    assert points["double-check"] == 0.0


def alive() -> set[int]:
    """Processes below this one, but for those that have ended and are not taken leave of yet."""
    found = set()
    for one in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found |= {one.pid} if one.status() != psutil.STATUS_ZOMBIE else set()
    return found


@pytest.mark.parametrize("name", DAEMONS)
def test_nothing_outlives_grading(name: str, examiner: Any, course: Path) -> None:
    before = alive()
    grade(examiner, course, DAEMONS[name])
    until = time.monotonic() + 20  # the guard ends a moment after it has told the end
    while not alive() <= before and time.monotonic() < until:
        time.sleep(0.05)
    assert alive() <= before
