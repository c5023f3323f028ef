"""Cells that end their process, or take too much: it costs their own task, and no more."""

import contextlib
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from autograder.examiner.client import Examiner
from tests.security.grading.course import FULL, HONEST, LIMITS, NONE, grade
from tests.security.grading.limits import CHATTER, DAEMONS, DEADLY

SMALL = replace(LIMITS, wall=4, cpu=2, memory=5e8)
ENDLESS = replace(SMALL, wall=60, notebook=300)


@pytest.mark.parametrize("name", DEADLY)
def test_what_ends_the_process_costs_its_own_task(
    name: str, examiner: Examiner, course: Path
) -> None:
    text, said = DEADLY[name]
    # Whoever computes is stopped by the CPU's clock, however little of it there is.
    limits = SMALL if "endless" not in name and "swallowed" not in name else ENDLESS
    graded = grade(examiner, course, {"double": text}, limits=limits)
    points = {cell: points or 0.0 for cell, points in graded.points.items()}
    assert points == NONE, "None, where the machine was too busy to tell"
    assert said in graded.text


def test_an_end_in_one_function_of_two_costs_that_one(examiner: Examiner, course: Path) -> None:
    cells = {"double": HONEST["double"], "total": "import os\ndef total(x):\n    os.abort()"}
    graded = grade(examiner, course, cells, limits=SMALL)
    assert graded.points == FULL | {"total-check": 0.0, "total-hidden": 0.0}


def test_the_whole_notebook_has_a_limit(examiner: Examiner, course: Path) -> None:
    cells = {"double": "import time\ndef double(x, out):\n    time.sleep(3)\n    out[:] = 2 * x"}
    graded = grade(examiner, course, cells, limits=replace(SMALL, notebook=1))
    assert graded.points["double-check"] == 0.0
    assert "the 1 s of the notebook" in graded.text
    assert grade(examiner, course, limits=SMALL).points == FULL


@pytest.mark.parametrize("name", CHATTER)
def test_too_much_output_is_cut_and_costs_nothing(
    name: str, examiner: Examiner, course: Path
) -> None:
    graded = grade(examiner, course, {"double": CHATTER[name] + "\n" + HONEST["double"]})
    assert graded.points == FULL
    assert len(graded.text) < 20_000
    graded.text.encode()
    inside = HONEST["double"] + "\n    " + CHATTER[name].replace("\n", "\n    ")
    graded = grade(examiner, course, {"double": inside})
    assert graded.points == FULL
    assert len(graded.text) < 20_000


@pytest.mark.parametrize("name", DAEMONS)
def test_nothing_outlives_grading(name: str, examiner: Examiner, course: Path) -> None:
    mark = f"h{uuid4().hex[:10]}"
    graded = grade(examiner, course, {"double": DAEMONS[name].replace("MARK", mark)})
    assert graded.points == FULL, "what the call did is right"
    assert mark not in names()
    assert "python" in "".join(names()), "names are seen"


def names() -> set[str]:
    """Of all threads of this machine."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/task/*/comm"):
        with contextlib.suppress(OSError):
            found.add(path.read_text().strip())
    return found
