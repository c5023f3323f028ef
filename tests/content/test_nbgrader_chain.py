"""nbgrader's own commands, unchanged, on the course that `autograder build` makes."""

import csv
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import get_username
from nbgrader.validator import Validator

from autograder.build.exercise import Exercise
from autograder.build.make import build
from hpclab.cells import read_cells
from hpclab.checks.child import check_cells
from hpclab.course import Course
from hpclab.learner.folder import prepare
from hpclab.learner.submit import submit

# Beside the model lesson's two checks of 2 and 1 points, one that gives a share of 2 points.
SHARE = '''

@check(task="double", points=2, after="doubles_every_number")
def doubles_each_length(work):
    """`double` works for 0, 1, 2 and 3 numbers, a quarter of the points each."""
    right = 0
    for n in range(4):
        x, out = np.ones(n), np.zeros(n)
        work.call("double", x.copy(), out)
        right += np.array_equal(out, 2.0 * x)
    return right / 4
'''
ODD = """\
# fails: doubles_each_length
# Leaves three numbers as they are.

# %% task="double"
def double(x, out):
    out[:] = x if len(x) == 3 else 2.0 * x
"""
DIES = "import os\n\nos._exit(1)"
FETCHED = "in_place"  # the work of the learner who goes the whole way through the exchange
POINTS = {  # of `double-check` and of `double-hidden`
    "solution": (2.0, 3.0),
    "release": (0.0, 0.0),
    "copies": (0.0, 0.0),
    "in_place": (2.0, 2.0),
    "odd": (2.0, 2.5),
}


@dataclass(frozen=True)
class Chain:
    """The course after all commands, and what each of them said."""

    root: Path
    mine: Path
    said: dict[str, str]

    @property
    def course(self) -> Path:
        return self.root / "_build" / "course"

    def student(self, work: str) -> str:
        return get_username() if work == FETCHED else work

    def notebook(self, work: str) -> Path:
        """Where the learner has it, with the public checks beside it."""
        folder = self.mine if work == FETCHED else self.root.parent / work
        return folder / "double/double.ipynb"


def nbgrader(cwd: Path, *words: str, code: int = 0) -> str:
    """Run a stock command as a person would; what it said on both streams."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path}
    env.pop("PYTEST_CURRENT_TEST", None)  # ipykernel behaves differently where it sees it
    answer = subprocess.run(
        ["nbgrader", *words], cwd=cwd, env=env, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    said = answer.stdout + answer.stderr
    assert answer.returncode == code, said
    assert code or "Traceback" not in said
    return said


def replace_task(notebook: Path, source: str) -> None:
    """The learner writes `source` into the cell of the task."""
    content = nbformat.read(notebook, as_version=4)
    (cell,) = [cell for cell in content.cells if cell.id == "double"]
    cell.source = source
    nbformat.write(content, notebook)


def hand_in(root: Path, who: str, source: str | None) -> None:
    """A learner in a folder of their own, who submits into the course's `submitted`."""
    folder, course = root.parent / who, root / "_build/course"
    prepare(folder, course / "release", root / "_build/demos")
    if source:
        replace_task(folder / "double/double.ipynb", source)
    with patch.dict(os.environ, JUPYTERHUB_USER=who):
        submit(folder, "double", course / "submitted", course / "nbgrader_config.py")


@pytest.fixture(scope="module")
def chain(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """Every command once, in the order of a course, with all submissions at once."""
    home = tmp_path_factory.mktemp("chain")
    root = shutil.copytree(built_once, home / "mini")
    with (root / "exercises/double/hidden_checks.py").open("a") as file:
        file.write(SHARE)
    (root / "exercises/double/attempts/odd.py").write_text(ODD)
    build(Course.load(root), book=False, log=print)
    course, mine = root / "_build/course", home / "mine"
    mine.mkdir()
    here = f"--course-dir={course}"  # where a learner's nbgrader finds the course's settings

    attempts = {a.path.stem: a.cells["double"] for a in Exercise.load(root, "double").attempts()}
    solution = read_cells(course / "source/double/double.ipynb")[-1]
    said = {
        "generate": nbgrader(course, "generate_assignment", "double", "--force"),
        "release": nbgrader(course, "release_assignment", "double"),
        "list": nbgrader(course, "list"),
        "fetch": nbgrader(mine, "fetch_assignment", "double", here),
    }
    replace_task(mine / "double/double.ipynb", attempts.pop(FETCHED))
    said["submit"] = nbgrader(mine, "submit", "double", here)
    for who, source in {"solution": solution, "release": None, **attempts}.items():
        hand_in(root, who, source)
    for command in ("collect", "autograde", "generate_feedback", "release_feedback"):
        said[command] = nbgrader(course, command, "double")
    said["fetch_feedback"] = nbgrader(mine, "fetch_feedback", "double", here)
    said["export"] = nbgrader(course, "export")
    return Chain(root, mine, said)


def grades(chain: Chain, work: str) -> tuple[float, float]:
    """The gradebook's points of the two grade cells; nothing may wait for a person."""
    with Gradebook(f"sqlite:///{chain.course}/gradebook.db") as gradebook:
        submitted = gradebook.find_submission_notebook("double", "double", chain.student(work))
        found = {grade.name: grade for grade in submitted.grades}
        assert set(found) == {"double-check", "double-hidden"}
        assert not any(grade.needs_manual_grade for grade in found.values())
        return found["double-check"].score, found["double-hidden"].score


@pytest.mark.parametrize("work", POINTS)
def test_nbgrader_gives_the_points_of_the_check_language(chain: Chain, work: str) -> None:
    exercise = Exercise.load(chain.root, "double")
    (report,) = check_cells(
        read_cells(chain.notebook(work)),
        chain.notebook(work).parent,
        [exercise.folder / "checks.py", exercise.hidden_path],
        ["double"],
    )
    public = {check.name for check in exercise.public}
    asked = (
        sum(result.earned for result in report.results if result.name in public),
        sum(result.earned for result in report.results if result.name not in public),
    )
    assert grades(chain, work) == asked == POINTS[work]


def test_the_export_has_the_same_points(chain: Chain) -> None:
    with (chain.course / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert set(rows) == {chain.student(work) for work in POINTS}
    for work, points in POINTS.items():
        row = rows[chain.student(work)]
        assert (float(row["score"]), float(row["max_score"])) == (sum(points), 5.0)


def test_the_commands_say_what_they_did(chain: Chain) -> None:
    assert "Released as: mini double" in chain.said["release"]
    assert re.search(r"Released assignments:\n.* mini double", chain.said["list"])
    assert "Fetched as: mini double" in chain.said["fetch"]
    assert "Submitted as: mini double" in chain.said["submit"]
    assert f"Collecting submission: {get_username()} double" in chain.said["collect"]
    assert "ERROR" not in chain.said["autograde"]


def test_the_release_by_command_is_the_one_of_the_build(chain: Chain) -> None:
    fetched = chain.course.parent / "exchange/mini/outbound/double"
    assert {path.name for path in fetched.iterdir()} == {"double.ipynb", "checks.py", "hints.md"}
    assert "np.multiply" not in (fetched / "double.ipynb").read_text()
    before = (chain.course / "release/double/double.ipynb").read_bytes()
    build(Course.load(chain.root), book=False, log=print)
    assert (chain.course / "release/double/double.ipynb").read_bytes() == before
    assert grades(chain, "odd") == POINTS["odd"], "a rebuild keeps the gradebook"


def test_feedback_shows_the_report_of_each_check(chain: Chain) -> None:
    (page,) = (chain.mine / "double/feedback").rglob("double.html")
    text = page.read_text()
    assert 'class="hpclab-report"' in text
    assert "leaves <code>x</code> as it was." in text
    assert "Whoever calls <code>double</code> still needs <code>x</code>." in text
    assert "def leaves_its_input_alone" not in text


def test_validate_passes_the_solution_and_fails_the_release(chain: Chain) -> None:
    solved, released = "source/double/double.ipynb", "release/double/double.ipynb"
    said = nbgrader(chain.course, "validate", solved, released)
    assert said.count("Success! Your notebook passes all the tests.") == 1
    assert said.count("VALIDATION FAILED ON 1 CELL(S)!") == 1
    assert "unattempted: `double` writes `2 * x[i]` to every `out[i]`" in said


@pytest.mark.parametrize(
    ("work", "words"),
    [("solution", None), ("in_place", None), ("copies", "failed: `double` writes `2 * x[i]`")],
)
def test_validate_asks_the_public_checks_alone(chain: Chain, work: str, words: str | None) -> None:
    failed = Validator().validate(str(chain.notebook(work))).get("failed", [])
    assert [cell["source"].splitlines()[-1] for cell in failed] == ['check("double")'] * bool(words)
    assert not words or words in failed[0]["raw_error"]


def test_work_that_ends_its_process_costs_no_other_grade(chain: Chain) -> None:
    hand_in(chain.root, "dies", DIES)
    nbgrader(chain.course, "autograde", "double", "--student=dies")
    assert grades(chain, "dies") == (0.0, 0.0)
    assert grades(chain, "solution") == POINTS["solution"]
    graded = (chain.course / "autograded/dies/double/double.ipynb").read_text()
    assert "the process ended with exit code 1" in graded
