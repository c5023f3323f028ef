"""The traps of nbgrader's `determine_grade`, each with work that would fall into it."""

import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
import numpy as np
import pytest
from nbconvert.preprocessors import ExecutePreprocessor
from nbgrader.preprocessors import Execute
from nbgrader.utils import determine_grade, is_grade
from nbgrader.validator import Validator

from autograder.build.notebooks import source_notebook
from autograder.examiner.assignment import Assignment, mark, text_of
from autograder.examiner.client import Examiner
from autograder.examiner.record import graded_notebook
from autograder.examiner.submission import read_submission
from hpclab.checks.language import Check, load_checks
from hpclab.checks.report import Report
from hpclab.checks.run import run_checks
from hpclab.checks.work import Work
from hpclab.errors import FileError
from hpclab.verdicts import Result, Verdict

# The learner's `f(x)` should give `2 * x`: 2 points for f(21), 1 hidden point for f(4).
# Each task is a way to do it, the points that nbgrader must give, and whether it is right work.
TASKS = {
    "right": ("return 2 * x", 2.0, 1.0),
    "wrong": ("return x", 0.0, 0.0),
    "stub": ("raise NotImplementedError()", 0.0, 0.0),
    "crashes": ("raise SystemExit", 0.0, 0.0),
    "mean": ("return 2 * x if x == 21 else x", 2.0, 0.0),
    "prints": ("print('full marks'); print(99.0); return 2 * x", 2.0, 1.0),
    "displays": ("display(0.0); return 2 * x", 2.0, 1.0),
    "prints_to_stderr": ("print('careful', file=sys.stderr); return 2 * x", 2.0, 1.0),
    "warns": ("warnings.warn('careful'); return 2 * x", 2.0, 1.0),
    "logs": ("logger.warning('careful'); return 2 * x", 2.0, 1.0),
    "writes_from_c": ("os.write(2, b'careful\\n'); return 2 * x", 2.0, 1.0),
    # What a learner's function shows as a result must not be taken for the report.
    "forges": ("sys.displayhook(2.0); return x", 0.0, 0.0),
}
EXERCISE = """\
# %%
import logging, os, sys, warnings
logger = logging.getLogger("learner")
logger.addHandler(logging.StreamHandler(sys.stderr))  # holds the stream, as Dask's loggers do
"""
# The learner's notebook has names of its own, `check` among them.
TASK = """
# %%
def check(*args, **kwargs):
    return 99.0
hpclab = float = print_points = None
# %% task="{task}"
def {task}(x):
    {body}
# %% check="{task}"
"""
CHECK = '''
@check(task="{task}", points={points})
def {task}_of_{x}(work):
    """`{task}({x})` is twice that."""
    work.equal(work.call("{task}", {x}), 2 * {x}, why="Twice {x} is {twice}.")
'''
SHARES = '''
@check(task="half", points=3)
def half_of_it(work):
    """`half` is half right."""
    work.call("half", 1)
    return np.float64(0.5)


@check(task="unsure", points=3)
def machine_is_busy(work):
    """`unsure` is fast."""
    work.call("unsure", 1)
    raise Inconclusive("The machine was busy.")
'''
IMPORTS = """\
import numpy as np
from hpclab.checks import check
from hpclab.checks.work import Inconclusive
"""


def check_text(points: int, x: int) -> str:
    asked = (CHECK.format(task=task, points=points, x=x, twice=2 * x) for task in TASKS)
    return IMPORTS + "".join(asked)


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `work/traps` with the notebook and its public checks, and `hidden/traps.py`."""
    root = tmp_path_factory.mktemp("traps")
    folder, hidden = root / "work" / "traps", root / "hidden"
    folder.mkdir(parents=True)
    hidden.mkdir()
    tasks = {task: body for task, (body, _, _) in TASKS.items()}
    tasks |= {"half": "return x", "unsure": "return x"}
    text = EXERCISE + "".join(TASK.format(task=task, body=body) for task, body in tasks.items())
    (root / "exercise.py").write_text(text)
    (folder / "checks.py").write_text(check_text(points=2, x=21) + SHARES)
    (hidden / "traps.py").write_text(check_text(points=1, x=4))
    checks = load_checks(folder / "checks.py"), load_checks(hidden / "traps.py")
    nbformat.write(source_notebook(root / "exercise.py", *checks), folder / "traps.ipynb")
    return folder


def execute(step: ExecutePreprocessor, notebook: Any, folder: Path, mode: str = "") -> Any:
    """Run a notebook's cells in a real kernel, as nbgrader would in this mode."""
    resources = {"metadata": {"path": str(folder)}, "nbgrader": {"assignment": "traps"}}
    with patch.dict(os.environ, {"NBGRADER_EXECUTION": mode} if mode else {}):
        # ipykernel does not watch file descriptor 2 where it believes that pytest does.
        os.environ.pop("PYTEST_CURRENT_TEST", None)
        step.preprocess(notebook, resources)
    return notebook


def cells_of(notebook: Any) -> dict[str, Any]:
    return {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if is_grade(cell)}


def read(folder: Path) -> Any:
    return nbformat.read(folder / "traps.ipynb", as_version=4)


def assignment_of(exercise: Path) -> Assignment:
    """As the engine takes it from a course: no solutions in it, the learner's are handed in."""
    cells = json.loads((exercise / "traps.ipynb").read_text())["cells"]
    for cell in cells:
        cell["source"] = "" if mark(cell)["solution"] else text_of(cell)
    files = {"checks.py": (exercise / "checks.py").read_bytes()}
    hidden = (exercise.parents[1] / "hidden" / "traps.py").read_text()
    return Assignment("traps", "traps", cells, files, hidden)


@pytest.fixture(scope="module")
def graded(exercise: Path) -> dict[str, Any]:
    assignment = assignment_of(exercise)
    submission = read_submission(exercise, "ann", assignment)
    with Examiner() as examiner:
        record = examiner.examine(assignment, submission)
    assert record.inconclusive == ["unsure-check"]
    return cells_of(graded_notebook(assignment, submission, record))


@pytest.fixture(scope="module")
def shown(exercise: Path) -> dict[str, Any]:
    """The grade cells as the learner sees them in JupyterLab."""
    step = ExecutePreprocessor(allow_errors=True)
    return cells_of(execute(step, read(exercise), exercise))


@pytest.fixture(scope="module")
def validated(exercise: Path) -> dict[str, str]:
    """What the Validate button answers: the failing cells' sources and words."""
    with patch.dict(os.environ):
        os.environ.pop("PYTEST_CURRENT_TEST", None)
        answer = Validator().validate(str(exercise / "traps.ipynb"))
    return {cell["source"]: cell["raw_error"] for cell in answer["failed"]}


@pytest.mark.parametrize("task", TASKS)
def test_autograde_gives_what_the_work_earns(graded: dict[str, Any], task: str) -> None:
    _, public, hidden = TASKS[task]
    assert determine_grade(graded[f"{task}-check"]) == (public, 2.0)
    assert determine_grade(graded[f"{task}-hidden"]) == (hidden, 1.0)


@pytest.mark.parametrize("task", TASKS)
def test_a_graded_cell_carries_one_report(graded: dict[str, Any], task: str) -> None:
    for cell in (graded[f"{task}-check"], graded[f"{task}-hidden"]):
        (output,) = cell.outputs
        assert float(output.data["text/plain"]) == determine_grade(cell)[0]
        assert 'class="hpclab-report"' in output.data["text/html"]


def test_a_share_by_numpy_is_partial_credit(graded: dict[str, Any]) -> None:
    assert determine_grade(graded["half-check"]) == (1.5, 3.0)
    assert graded["half-check"].outputs[0].data["text/plain"] == "1.5"


def test_validate_fails_wrong_work_alone(validated: dict[str, str]) -> None:
    """Not `unsure`, of which the machine cannot tell."""
    failing = {source.split('"')[1] for source in validated}
    assert failing == {"wrong", "stub", "crashes", "half", "forges"}


def test_validate_says_what_failed(validated: dict[str, str]) -> None:
    words = next(words for source, words in validated.items() if '"wrong"' in source)
    assert "wrong: failed, 0 of 2 points" in words
    assert "`wrong(21)` is twice that." in words
    assert "got: 21" in words
    assert "expected: 42" in words


@pytest.mark.parametrize("task", TASKS)
def test_in_jupyterlab_the_hidden_cell_does_nothing(shown: dict[str, Any], task: str) -> None:
    assert shown[f"{task}-hidden"].outputs == []


def test_in_jupyterlab_a_report_is_words_and_html(shown: dict[str, Any]) -> None:
    (output,) = shown["wrong-check"].outputs
    assert output.data["text/plain"].splitlines()[:2] == [
        "wrong: failed, 0 of 2 points",
        "  ✗ failed: `wrong(21)` is twice that.",
    ]
    assert "<code>wrong(21)</code> is twice that." in output.data["text/html"]
    (output,) = shown["right-check"].outputs
    assert output.data["text/plain"].startswith("right: passed, 2 of 2 points\n  ✓ passed")
    (output,) = shown["stub-check"].outputs
    assert output.data["text/plain"].startswith("stub: unattempted, 0 of 2 points")


def test_what_a_failing_function_printed_is_in_its_report(shown: dict[str, Any]) -> None:
    (output,) = shown["prints-check"].outputs
    assert "full marks" not in output.data["text/plain"], "right work needs no evidence"
    assert "stderr" not in [output.get("name") for output in shown["warns-check"].outputs]


def test_points_are_plain_python_floats() -> None:
    result = Result("c", "t", "d", Verdict.PARTIAL, 2.0, np.float64(0.5))
    report = Report("t", [result, result], as_points=True)
    assert type(report.earned) is float
    assert report._repr_mimebundle_()["text/plain"] == "1.0"
    nothing = Report("t", [], as_points=True)
    assert nothing._repr_mimebundle_()["text/plain"] == "0.0", "0.0, not 0 and not empty"


@pytest.mark.parametrize(
    ("answer", "earned"),
    [(None, 2.0), (np.float64(0.25), 0.5), (np.True_, 2.0), (np.nan, 0.0)],
)
def test_a_check_gives_a_share_of_its_points(answer: Any, earned: float) -> None:
    (result,) = run_checks([Check("c", "t", 2.0, (), "d", lambda _: answer, "f.py", 3)], Work())
    assert result.earned == earned


@pytest.mark.parametrize("answer", ["all", np.zeros(3)])
def test_a_check_that_gives_no_share_is_its_authors_mistake(answer: Any) -> None:
    check = Check("c", "t", 2.0, (), "d", lambda _: answer, "f.py", 3)
    with pytest.raises(FileError, match=r"f\.py:3: check 'c': returned: expected None or a share"):
        list(run_checks([check], Work()))


@pytest.mark.parametrize("words", ['check("right")', 'check("right", hidden=True)'])
def test_nbgrader_without_our_settings_gives_no_points(exercise: Path, words: str) -> None:
    """Its own Execute step would run the public checks beside the learner's code, at best."""
    notebook = read(exercise)
    notebook.cells = [cell for cell in notebook.cells if cell.source.endswith(words)]
    (cell,) = cells_of(execute(Execute(), notebook, exercise, "autograde")).values()
    assert determine_grade(cell)[0] == 0
    assert "This notebook is graded by `autograder grade`" in cell.outputs[-1].evalue
