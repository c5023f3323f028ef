"""The learner's commands, run as a learner runs them, with good and bad input."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from hpclab.checks.child import check_cells
from hpclab.errors import HpclabError
from hpclab.learner.folder import prepare
from hpclab.learner.progress import Progress

RIGHT = "def double(x, out):\n    out[:] = 2.0 * x\n"


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    prepare(tmp_path / "mine", built / "_build/course/release", built / "_build/demos")
    return tmp_path / "mine"


def hpclab(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("hpclab")), *words, "--dir", str(folder)]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **env}, timeout=120, check=False
    )


def solve(folder: Path, code: str) -> None:
    path = folder / "double/double.ipynb"
    notebook = nbformat.read(path, as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == "double"]
    cell.source = code
    nbformat.write(notebook, path)


def verdicts(folder: Path) -> list[str]:
    return [event["verdict"] for event in Progress(folder).events() if event["event"] == "try"]


def test_check_goes_from_unattempted_to_passed(folder: Path) -> None:
    answer = hpclab(folder, "check", "double")
    assert answer.returncode == 1
    assert "double: unattempted, 0 of 2 points" in answer.stdout
    solve(folder, RIGHT)
    answer = hpclab(folder, "check", "double", "double")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "✓ passed: `double` writes" in answer.stdout
    assert verdicts(folder) == ["unattempted", "passed"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["check", "duoble"], "There is no exercise 'duoble'. The nearest: double."),
        (["check", "double", "triple"], "There is no task 'triple'. The nearest: double."),
        (["hint", "doubel", "double"], "There is no exercise 'doubel'. The nearest: double."),
        (["hint", "double", "doubel"], "There is no task 'doubel'. The nearest: double."),
        (["submit", "doubel"], "There is no exercise 'doubel'. The nearest: double."),
    ],
)
def test_an_unknown_name(folder: Path, words: list[str], sentence: str) -> None:
    answer = hpclab(folder, *words)
    assert (answer.returncode, answer.stderr.strip()) == (1, sentence)


def test_a_folder_that_was_not_prepared(tmp_path: Path) -> None:
    answer = hpclab(tmp_path, "check", "double")
    assert answer.returncode == 1
    assert "is no learner's folder yet. Run `hpclab learn` first." in answer.stderr


def test_a_notebook_that_is_not_json_is_left_alone(folder: Path) -> None:
    notebook = folder / "double/double.ipynb"
    for text in ('{"cells": [', "[]", '{"cells": [{"cell_type": "code"}]}', ""):
        notebook.write_text(text)
        answer = hpclab(folder, "check", "double")
        assert answer.returncode == 1
        assert "is not a notebook that can be read" in answer.stderr
        assert "Traceback" not in answer.stderr
        assert notebook.read_text() == text


def test_a_process_that_dies_says_so(folder: Path) -> None:
    solve(folder, "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    answer = hpclab(folder, "check", "double")
    assert answer.returncode == 1
    assert "The process that ran the notebook died: signal SIGSEGV." in answer.stderr
    assert verdicts(folder) == []


def test_a_notebook_that_never_ends_is_stopped(folder: Path) -> None:
    with pytest.raises(HpclabError, match="was stopped after 2 seconds"):
        check_cells(["while True: pass"], folder / "double", [], ["double"], timeout=2)


def test_a_failure_names_the_next_hint(folder: Path) -> None:
    solve(folder, "def double(x, out):\n    out[:] = x\n")
    answer = hpclab(folder, "check", "double")
    assert "Hints used: 0 of 3. Next: `hpclab hint double double`, a nudge." in answer.stdout


def test_a_cell_that_raises_costs_only_what_it_defines(folder: Path) -> None:
    solve(folder, "1 / 0\n")
    answer = hpclab(folder, "check", "double")
    assert "there is no `double`" in answer.stdout
    solve(folder, RIGHT + "1 / 0\n")
    assert hpclab(folder, "check", "double").returncode == 0


def test_hints_from_the_terminal(folder: Path) -> None:
    for rung in ("1 of 3, a nudge", "1 of 3, a nudge"):
        assert hpclab(folder, "hint", "double", "double").stdout.startswith(f"double: Hint {rung}")
    hpclab(folder, "check", "double")
    solve(folder, "def double(x, out):\n    out[:] = x\n")
    hpclab(folder, "check", "double")
    second = hpclab(folder, "hint", "double", "double").stdout
    assert second.startswith("double: Hint 2 of 3, the concept")
    assert "`hpclab hint double double`" in second
    given_up = hpclab(folder, "hint", "double", "double", "--give-up").stdout
    assert given_up.startswith("double: The solution")


def test_learn_names_the_command_that_builds(mini: Path, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("hpclab")), "learn", "--dir", str(tmp_path)]
    answer = subprocess.run(command, cwd=mini, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert "Run `autograder build` there" in answer.stderr


def test_doctor_says_what_each_missing_thing_would_unlock(folder: Path) -> None:
    command = [str(Path(sys.executable).with_name("hpclab")), "doctor"]
    env = {**os.environ, "PATH": "/nowhere", "COLUMNS": "200"}
    answer = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert answer.returncode == 0
    for words in ("cores", "memory", "Numba threading", "lessons on a scheduler", "a real GPU"):
        assert words in answer.stdout
