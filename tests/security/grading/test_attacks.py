"""Cells that try to get points without the work, and honest work beside each."""

import json
from pathlib import Path

import pytest

from autograder.examiner.client import Examiner
from tests.security.grading.attacks import CHEATS, SABOTAGE
from tests.security.grading.course import FULL, HONEST, NONE, SECRET, grade
from tests.security.grading.spies import PLANTED, SPIES, TELLTALES

HONEST_TWINS = {
    "plain": HONEST["double"],
    "by a loop": "def double(x, out):\n    for i in range(len(x)):\n        out[i] = 2 * x[i]",
    "by Numba": "import numba\n@numba.njit(cache=True, parallel=True)\ndef double(x, out):\n"
    "    for i in numba.prange(len(x)):\n        out[i] = 2 * x[i]",
    "memoised with right keys": "known = {}\ndef double(x, out):\n"
    "    out[:] = known.setdefault(x.tobytes(), 2.0 * x)",
    "by threads that are waited for": "import threading\ndef double(x, out):\n"
    "    t = threading.Thread(target=np.multiply, args=(x, 2.0, out))\n    t.start(); t.join()",
    "by a child process": "import os\nfrom multiprocessing import get_context\n"
    "def double(x, out):\n    with get_context('fork').Pool(2) as pool:\n"
    "        out[:] = pool.map(float(2).__mul__, x.tolist())",
    "with files of its own": "from pathlib import Path\ndef double(x, out):\n"
    "    Path('kept.npy').write_bytes((2 * x).tobytes())\n"
    "    out[:] = np.fromfile('kept.npy')",
    "with a chatty cell": "import sys, warnings\nprint('3.0'); warnings.warn('careful')\n"
    "print('0.0', file=sys.stderr)\n" + HONEST["double"] + "\n0.0",
}


def hostile(text: str, course: Path) -> dict[str, str]:
    return {"double": text.replace("COURSE", str(course))}


@pytest.mark.parametrize("name", HONEST_TWINS)
def test_honest_work_has_all_its_points(name: str, examiner: Examiner, course: Path) -> None:
    assert grade(examiner, course, {"double": HONEST_TWINS[name]}).points == FULL


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_gains_nothing(name: str, examiner: Examiner, course: Path) -> None:
    assert grade(examiner, course, hostile(CHEATS[name], course)).points == NONE


@pytest.mark.parametrize("name", SABOTAGE)
def test_sabotage_gains_nothing(name: str, examiner: Examiner, course: Path) -> None:
    points = grade(examiner, course, hostile(SABOTAGE[name], course)).points
    assert points.items() >= {"double-check": 0.0, "double-hidden": 0.0}.items()
    assert grade(examiner, course).points == FULL, "whoever comes next is graded as ever"


@pytest.mark.parametrize("name", SPIES)
def test_hidden_checks_stay_hidden(name: str, examiner: Examiner, course: Path) -> None:
    cells = hostile(SPIES[name], course)
    graded = grade(examiner, course, cells)
    assert graded.points == NONE
    assert SECRET not in graded.text
    cells["double"] = PLANTED + cells["double"]
    assert SECRET in grade(examiner, course, cells).text, "the spy sees what is there"


@pytest.mark.parametrize("name", TELLTALES)
def test_what_a_hidden_check_asks_with_is_not_shown(
    name: str, examiner: Examiner, course: Path
) -> None:
    graded = grade(examiner, course, {"double": TELLTALES[name]})
    assert not graded.points["double-hidden"]
    assert "SEEN" in json.dumps(graded.outputs("double-check")), "public checks hide nothing"
    assert "SEEN" not in json.dumps(graded.outputs("double-hidden"))
