"""Timed checks through the examiner: a cheat does not pass, an honest twin does not fail."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.examiner.submission import read_submission
from hpclab.verdicts import Verdict
from tests.security.cheats import SLOW_CHEATS
from tests.security.grading.conftest import Room, started
from tests.security.grading.course import HONEST as OTHER
from tests.security.grading.course import hand_in, load
from tests.security.isolated import HONEST, REFERENCE, SLOW

CHECKS = f'''
{REFERENCE}
from hpclab.checks import check

def make(rng, n):
    return rng.random(n), np.full(n, np.nan)

@check(task="double", points=2)
def is_fast(work):
    """`f` is three times as fast."""
    work.faster_than("f", reference, make, 20_000, 3.0)

@check(task="total", points=1)
def is_there(work):
    """`total` is there."""
    work.call("total", np.ones(3))
'''
PATCHED = "\n".join(
    [
        "for name in ('allclose', 'isclose', 'array_equal', 'abs'):",
        "    setattr(np, name, lambda *a, **k: True)",
        "def f(x, out):",
        "    out[:] = 0.5",
    ]
)
BASELINE = "import numba\nslow_one = numba.njit(lambda x: x)\nslow_one.py_func = slow\nf = slow"
LAZY = "import threading\ndef f(x, out):\n    threading.Thread(target=slow, args=(x, out)).start()"
CHEATS = {
    "patched clocks": SLOW_CHEATS["patched clocks"],
    "memoised by content": SLOW_CHEATS["memoised by content"],
    "hidden threads": SLOW_CHEATS["hidden threads"],
    "patched np.allclose": PATCHED,
    "a slow py_func beside it": BASELINE,
    "a lazy result": LAZY,
}
TWIN = "f = honest"


@pytest.fixture(scope="module")
def timing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """An examiner that times."""
    room = started(tmp_path_factory.mktemp("timing"), HPCLAB_TIMED="1")
    yield room
    room.examiner.close()


def verdict(room: Room, course: Path, text: str) -> Verdict:
    """Of the timed check, put off at first."""
    assignment = load(course)
    files = {**assignment.files, "checks.py": CHECKS.encode()}
    assignment = replace(assignment, files=files, hidden="")
    cells = {**OTHER, "double": SLOW + HONEST + text}
    submission = read_submission(hand_in(course, "mallory", cells), "mallory", assignment)
    packed = room.examiner.examine(assignment, submission, timed=False)
    assert packed.waiting == ["is_fast"]
    record = room.examiner.examine(assignment, submission, earlier=packed)
    assert not record.waiting
    by_name = {one.name: one for one in record.results}
    assert by_name["is_there"].verdict is Verdict.PASSED
    assert json.dumps(record.to_json())
    return by_name["is_fast"].verdict


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_does_not_pass(name: str, timing: Room, course: Path) -> None:
    assert verdict(timing, course, CHEATS[name]) in (Verdict.FAILED, Verdict.INCONCLUSIVE)


def test_its_honest_twin_does_not_fail(timing: Room, course: Path) -> None:
    assert verdict(timing, course, TWIN) in (Verdict.PASSED, Verdict.INCONCLUSIVE)
