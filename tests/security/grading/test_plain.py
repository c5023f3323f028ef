"""A plain nbgrader assignment: what the sandbox holds there, and what it cannot."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.examiner.assignment import Assignment, load_assignment
from autograder.examiner.client import Examiner
from autograder.examiner.submission import Unreadable, read_submission
from tests.content.plain import NAME, SECRET, make_plain
from tests.security.grading.attacks import CHEATS
from tests.security.grading.course import LIMITS, Graded, examine, state

RIGHT = "def add(a, b):\n    return a + b"
WRONG = "def add(a, b):\n    return 41"
Points = dict[str, float | None]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = tmp_path_factory.mktemp("plain") / "course"
    make_plain(course)
    (course / "source" / NAME / "given").mkdir()
    (course / "source" / NAME / "given/more.csv").write_text("1")
    return course


@pytest.fixture
def folder(plain: Path) -> Iterator[Path]:
    """The attacker's submission; nothing else of the course may change."""
    found = plain / "submitted/mallory" / NAME
    shutil.copytree(plain / "release" / NAME, found)
    before = state(plain)
    yield found
    shutil.rmtree(found)
    assert state(plain) == before


def assignment_of(plain: Path) -> Assignment:
    with Gradebook(f"sqlite:///{plain}/gradebook.db") as gradebook:
        found = load_assignment(plain / "source" / NAME, gradebook, limits=LIMITS)
    return next(one for one in found if one.notebook == "one")


def write(folder: Path, text: str) -> None:
    path = folder / "one.ipynb"
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "add":
            cell["source"] = text
    path.write_text(json.dumps(notebook))


def grade(examiner: Examiner, plain: Path, folder: Path, text: str) -> Graded:
    write(folder, text)
    assignment = assignment_of(plain)
    return examine(examiner, assignment, read_submission(folder, "mallory", assignment))


def test_honest_work_is_graded(examiner: Examiner, plain: Path, folder: Path) -> None:
    assert grade(examiner, plain, folder, RIGHT).points["add-test"] == 3.0
    graded = grade(examiner, plain, folder, WRONG)
    assert graded.points["add-test"] == 0.0


OUTSIDE = [
    "the instructor's solution by its path", "another's submission, copied",
    "SQL on the gradebook", "nothing for the others",
    "settings, start-up files and modules planted", "Python's own files changed",
    "a poisoned cache of Numba", "a forged execute_result",
]  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_is_reached_or_gained(
    name: str, examiner: Examiner, plain: Path, folder: Path
) -> None:
    text = "import numpy as np\n" + CHEATS[name].replace("COURSE", str(plain))
    text += "\ntry:\n    double(np.ones(3), np.ones(3))\nexcept Exception:\n    pass\n"
    assert grade(examiner, plain, folder, text + WRONG).points["add-test"] == 0.0


def test_files_are_there_but_hide_nothing(examiner: Examiner, plain: Path, folder: Path) -> None:
    for name in ("numpy.py", "json.py", "sitecustomize.py", "nbgrader_config.py", "given",
                 "data.csv/x", "..\\up.txt", "-rf", "a\nb"):  # fmt: skip
        path = folder / name
        if path.parent.is_file():
            path.parent.unlink()
        path.parent.mkdir(exist_ok=True)
        path.write_text("raise SystemExit('planted')")
    (folder / "link").symlink_to(plain / "gradebook.db")
    (folder / "loop").symlink_to(".")
    (folder / "helper.py").write_text("def add(a, b):\n    return a + b")
    reads = "from helper import add\nimport json, numpy\nassert open('data.csv').read() == '1,2\\n'"
    reads += "\nassert open('given/more.csv').read() == '1'\nimport os\n"
    reads += "assert not os.path.lexists('link') and not os.path.lexists('loop')"
    graded = grade(examiner, plain, folder, reads)
    assert graded.points["add-test"] == 3.0
    assert "AssertionError" not in graded.text


@pytest.mark.parametrize("result", ["float('nan')", "-5.0", "99.0", "1e999", "'x'", "''"])
def test_a_result_that_is_no_grade(
    result: str, examiner: Examiner, plain: Path, folder: Path
) -> None:
    """What a plain test cell shows is what it is worth: nothing else may come into a gradebook."""
    text = f"{RIGHT}\nget_ipython().ast_transformers.append(__import__('ast').NodeTransformer())\n"
    text += "import builtins, ast\nclass Other(ast.NodeTransformer):\n"
    text += "    def visit_Constant(self, node):\n"
    text += f"        new = ast.parse({result!r}, mode='eval').body\n"
    text += "        return new if node.value == 'partial credit' else node\n"
    text += "get_ipython().ast_transformers.append(Other())"
    share = grade(examiner, plain, folder, text).points["share"]
    assert share is None or 0.0 <= share <= 4.0


def test_too_many_files_are_refused(plain: Path, folder: Path) -> None:
    for i in range(201):
        (folder / f"{i}.txt").write_text("")
    with pytest.raises(Unreadable, match="too many files"):
        read_submission(folder, "mallory", assignment_of(plain))
    for path in folder.glob("*.txt"):
        path.unlink()
    with (folder / "large").open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(Unreadable, match="too large"):
        read_submission(folder, "mallory", assignment_of(plain))


def test_hidden_tests_are_not_shown(examiner: Examiner, plain: Path, folder: Path) -> None:
    """Feedback is nbgrader's notebook without them; here: no traceback tells them by itself."""
    record = grade(examiner, plain, folder, WRONG).record
    assert SECRET.split("'")[1] in json.dumps(record.outputs), "the test says so, when it fails"


# Documented as open: tests of a plain assignment run beside the code that they test.
OPEN = {
    "an object that equals all": "class Equal:\n    __eq__ = lambda self, other: True\n"
    "def add(a, b):\n    return Equal()",
    "a transformer that takes assertions away": "import ast\nclass Away(ast.NodeTransformer):\n"
    "    def visit_Assert(self, node):\n        return ast.Pass()\n"
    "get_ipython().ast_transformers.append(Away())\n" + WRONG,
    "a cell that is not run": "get_ipython().run_cell = lambda *a, **k: None\n" + WRONG,
}


@pytest.mark.parametrize("name", OPEN)
def test_open_asserts_can_be_deceived(
    name: str, examiner: Examiner, plain: Path, folder: Path
) -> None:
    assert grade(examiner, plain, folder, OPEN[name]).points["add-test"] == 3.0
