"""Counts are taken beside the learner's code: what it could change is not believed."""

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.examiner.client import Examiner
from autograder.examiner.submission import read_submission
from tests.security.grading.course import Graded, examine, hand_in, load

CHECKS = '''
import numpy as np
from hpclab.checks import check

@check(task="double", points=2)
def is_compiled(work):
    """`double` is compiled."""
    work.call("double", np.ones(3), np.ones(3))
    work.expect(work.signatures("double"), "nothing", "a signature")

@check(task="total", points=1)
def has_few_tasks(work):
    """`total` gives a sum with few tasks."""
    lazy = work.call("total", np.arange(8.0))
    work.expect(work.graph(lazy).tasks < 5, "many tasks", "few")
    work.close_to(work.compute(lazy), 28.0)
'''
HONEST = {
    "double": "from numba import njit\n@njit\ndef double(x, out):\n    for i in range(len(x)):\n"
    "        out[i] = 2 * x[i]",
    "total": "import dask.array as da\ndef total(x):\n    return da.from_array(x, chunks=8).sum()",
}
PLAIN = "def double(x, out):\n    out[:] = 2 * x\n"
MANY = "import dask.array as da\ndef total(x):\n    return da.from_array(x, chunks=1).sum()\n"
# In place of which task, and what.
FORGED = {
    "an object with signatures": ("double", "class Fake:\n    nopython_signatures = ['f8(f8)']\n"
    "    def __call__(self, x, out):\n        out[:] = 2 * x\ndouble = Fake()"),
    "patched signatures": ("double", PLAIN + "from autograder.sandbox.learner import LocalWork\n"
    "LocalWork.signatures = lambda self, name: ['f8(f8)']"),
    "an object that is lazy": ("total", "import dask.array as da\nclass Lazy:\n"
    "    def __dask_graph__(self):\n        return {}\n    def compute(self, **more):\n"
    "        return np.float64(28.0)\ndef total(x):\n    return Lazy()"),
    "a subclass that is lazy": ("total", "import dask.array as da\nclass Lazy(da.Array):\n"
    "    def compute(self, **more):\n        return np.float64(28.0)\ndef total(x):\n"
    "    few = da.zeros(1, chunks=1)\n    return Lazy(few.dask, few.name, few.chunks, float)"),
    "a patched graph": ("total", MANY + "import hpclab.checks.counted as c\nkept = c.graph\n"
    "c.graph = lambda lazy: kept(da.zeros(1, chunks=1))"),
    "through a frame": ("total", MANY + "import sys\nsys.modules['hpclab.checks.counted'].graph ="
    " lambda lazy: sys.modules['hpclab.dask.graph'].graph(da.zeros(1, chunks=1))"),
}  # fmt: skip


def grade(examiner: Examiner, course: Path, cells: dict[str, str]) -> Graded:
    assignment = load(course)
    files = {**assignment.files, "checks.py": CHECKS.encode()}
    assignment = replace(assignment, files=files, hidden="")
    folder = hand_in(course, "mallory", HONEST | cells)
    return examine(examiner, assignment, read_submission(folder, "mallory", assignment))


def test_honest_counts_are_believed(examiner: Examiner, course: Path) -> None:
    points = grade(examiner, course, {}).points
    assert (points["double-check"], points["total-check"]) == (2.0, 1.0)


def test_honest_work_that_is_not_so_good_fails(examiner: Examiner, course: Path) -> None:
    points = grade(examiner, course, {"double": PLAIN, "total": MANY}).points
    assert (points["double-check"], points["total-check"]) == (0.0, 0.0)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_count_gains_nothing(name: str, examiner: Examiner, course: Path) -> None:
    task, text = FORGED[name]
    graded = grade(examiner, course, {task: text})
    assert not graded.points[f"{task}-check"], "no points, or a person looks"


SHARE = '''
import numpy as np
from hpclab.checks import check

@check(task="double", points=2)
def gives_a_share(work):
    """A check that takes the learner's value for its share."""
    return work.call("double", np.ones(3), np.ones(3))
'''


def test_a_value_that_is_no_share_waits_for_a_person_and_stops_nobody(
    examiner: Examiner, course: Path
) -> None:
    files = {**load(course).files, "checks.py": SHARE.encode()}
    assignment = replace(load(course), files=files, hidden="")
    for text, waits in (("return 'all of them'", True), ("return 0.5", False)):
        folder = hand_in(course, "mallory", {"double": f"def double(x, out):\n    {text}"})
        submission = read_submission(folder, "mallory", assignment)
        record = examiner.examine(assignment, submission)
        assert ("double-check" in record.inconclusive) == waits
        assert any("expected None or a share" in note for note in record.notes) == waits
