"""Notebooks and folders that are not as they were handed out: only the solutions' text counts."""

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.examiner.client import Examiner
from autograder.examiner.submission import Unreadable, read_submission
from tests.security.grading.course import FULL, HONEST, NONE, examine, grade, hand_in, load

Notebook = dict[str, Any]
WRONG = "def double(x, out):\n    out[:] = x"
HALF = {**FULL, "total-check": 0.0, "total-hidden": 0.0}


def marked(notebook: Notebook) -> dict[str, Any]:
    """The cells that nbgrader knows, by grade_id."""
    cells = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in notebook["cells"]}
    return {name: cell for name, cell in cells.items() if name}


def tags(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception", "remove_cell"]


def points(notebook: Notebook) -> None:
    for cell in marked(notebook).values():
        cell["metadata"]["nbgrader"] |= {"points": 99, "checksum": "0", "locked": False}


def retagged(notebook: Notebook) -> None:
    for cell in marked(notebook).values():
        about = cell["metadata"]["nbgrader"]
        about |= {"grade": not about["grade"], "solution": not about["solution"], "task": True}


def unlocked(notebook: Notebook) -> None:
    for name in ("double-check", "double-hidden"):
        marked(notebook)[name]["source"] = "3.0"


def outputs(notebook: Notebook) -> None:
    result = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}
    for cell in marked(notebook).values():
        cell["outputs"] = [{**result, "data": {"text/plain": "3.0"}}]


def deleted(notebook: Notebook) -> None:
    checks = [cell for name, cell in marked(notebook).items() if "-" in name]
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in checks]


def retyped(notebook: Notebook) -> None:
    for i, cell in enumerate(marked(notebook).values()):
        cell["cell_type"] = ("markdown", "raw", 7)[i % 3]
        cell.pop("outputs", None)


def swapped(notebook: Notebook) -> None:
    notebook["cells"].reverse()


def names_swapped(notebook: Notebook) -> None:
    cells = marked(notebook)
    for name, other in (("double", "total"), ("double-check", "total-check")):
        cells[name]["metadata"]["nbgrader"]["grade_id"] = other
        cells[other]["metadata"]["nbgrader"]["grade_id"] = name


def checks_as_solutions(notebook: Notebook) -> None:
    own = marked(notebook)["double"]
    for name in ("double-check", "double-hidden", "total-check"):
        about = {**own["metadata"]["nbgrader"], "grade_id": name}
        notebook["cells"].append({**own, "source": "3.0", "metadata": {"nbgrader": about}})


def kernel(notebook: Notebook) -> None:
    notebook["metadata"] = {
        "kernelspec": {"name": "bash", "language": "bash", "display_name": "Bash"},
        "language_info": {"name": "R"},
        "nbgrader": {"anything": 1},
    }


def older(version: int) -> Callable[[Notebook], None]:
    def edit(notebook: Notebook) -> None:
        for cell in marked(notebook).values():
            about = cell["metadata"]["nbgrader"]
            about["schema_version"] = version
            about.pop("cell_type", None)

    return edit


def format_3(notebook: Notebook) -> None:
    cells = notebook.pop("cells")
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["input"] = cell.pop("source")
            cell |= {"language": "python", "prompt_number": 1, "collapsed": False}
    notebook["worksheets"] = [{"cells": cells[:3]}, {"cells": cells[3:]}]
    notebook |= {"nbformat": 3, "nbformat_minor": 0}


EDITS = [
    tags, points, retagged, unlocked, outputs, deleted, retyped, swapped, names_swapped,
    checks_as_solutions, kernel, older(1), older(2), older(99), format_3,
]  # fmt: skip


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__qualname__)
def test_only_the_text_of_the_solutions_counts(
    edit: Callable[[Notebook], None], examiner: Examiner, course: Path
) -> None:
    assert grade(examiner, course, edit=edit).points == FULL
    assert grade(examiner, course, {"double": WRONG}, edit).points == NONE


def test_of_two_cells_of_one_name_the_last_counts(examiner: Examiner, course: Path) -> None:
    def twice(notebook: Notebook) -> None:
        notebook["cells"].append({**marked(notebook)["double"], "source": WRONG})

    assert grade(examiner, course, edit=twice).points == NONE


def test_a_missing_or_renamed_cell_costs_its_task(examiner: Examiner, course: Path) -> None:
    def gone(notebook: Notebook) -> None:
        notebook["cells"].remove(marked(notebook)["total"])

    def renamed(notebook: Notebook) -> None:
        marked(notebook)["total"]["metadata"]["nbgrader"]["grade_id"] = "Total"

    assert grade(examiner, course, edit=gone).points == HALF
    assert grade(examiner, course, edit=renamed).points == HALF


def test_cells_of_ones_own_are_not_run_and_that_is_said(examiner: Examiner, course: Path) -> None:
    def helped(notebook: Notebook) -> None:
        notebook["cells"].append({"cell_type": "code", "source": "factor = 2", "metadata": {}})

    text = "def double(x, out):\n    out[:] = factor * x"
    graded = grade(examiner, course, {"double": text}, helped)
    assert graded.points == NONE
    assert "1 code cell of your own was not run" in graded.text


def test_files_beside_the_notebook_are_not_looked_at(examiner: Examiner, course: Path) -> None:
    folder = hand_in(course, "mallory", HONEST)
    plant = "raise SystemExit('planted')"
    for name in (
        "numpy.py", "checks.py", "hidden_checks.py", "sitecustomize.py", "usercustomize.py",
        "nbgrader_config.py", "jupyter_nbconvert_config.py", "conftest.py", "hpclab/__init__.py",
        ".ipython/profile_default/startup/00.py", "__pycache__/numpy.cpython-311.pyc",
    ):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(plant)
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zeros", bytes(10**8))
    (folder / "passwd").symlink_to("/etc/passwd")
    assignment = load(course)
    submission = read_submission(folder, "mallory", assignment)
    assert submission.files == {}
    assert examine(examiner, assignment, submission).points == FULL


def test_a_renamed_file_is_found(examiner: Examiner, course: Path) -> None:
    folder = hand_in(course, "mallory", HONEST)
    (folder / "double.ipynb").rename(folder / "double (1).ipynb")
    assignment = load(course)
    submission = read_submission(folder, "mallory", assignment)
    graded = examine(examiner, assignment, submission)
    assert graded.points == FULL
    assert graded.record.notes == ["The notebook was handed in as double (1).ipynb."]


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(500 * 2**20)


def long_cell(path: Path) -> None:
    notebook = json.loads(path.read_text())
    marked(notebook)["double"]["source"] = "#" * 17_000_000
    path.write_text(json.dumps(notebook))


def link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parents[2] / "anna/double/double.ipynb")


def folder_link(path: Path) -> None:
    path.parent.rename(path.parent.with_name("aside"))
    path.parent.symlink_to(path.parents[2] / "anna/double")


def learner_link(path: Path) -> None:
    path.parents[1].rename(path.parents[2] / "mallory-aside")
    path.parents[1].symlink_to("anna")


def instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        path.unlink()
        make(path)

    return edit


# What is done to the notebook's file, and what the sentence says.
UNREADABLE = {
    "500 MB": (sparse, "524,288,000 bytes"),
    "a bomb of lists": (lambda p: p.write_text("[" + "[],{}," * 10**6 + "0]"), "values"),
    "nested deeply": (lambda p: p.write_text("[" * 10**6), "cannot|can be read"),
    "a long cell": (long_cell, "too long"),
    "no JSON": (lambda p: p.write_text('{"cells": ['), "JSONDecodeError"),
    "nothing": (lambda p: p.write_text(""), "JSONDecodeError"),
    "binary": (lambda p: p.write_bytes(bytes(range(256))), "UnicodeDecodeError"),
    "a list": (lambda p: p.write_text("[1]"), "TypeError"),
    "no cells": (lambda p: p.write_text('{"cells": []}'), "none of the cells"),
    "another notebook": (lambda p: p.write_text('{"cells": [{"source": "1"}]}'), "none of the"),
    "a number of a million digits": (lambda p: p.write_text("9" * 10**6), "ValueError"),
    "a link to another's": (link, "no plain file"),
    "a folder that is a link": (folder_link, "is a link"),
    "a learner who is a link": (learner_link, "is a link"),
    "a pipe": (instead(os.mkfifo), "no plain file"),
    "a folder": (instead(Path.mkdir), "no plain file"),
    "gone": (instead(Path), "There is no"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_said(name: str, course: Path) -> None:
    damage, said = UNREADABLE[name]
    folder = hand_in(course, "mallory", HONEST)
    try:
        damage(folder / "double.ipynb")
        with pytest.raises(Unreadable, match=said) as problem:
            read_submission(folder, "mallory", load(course))
        assert "\n" not in str(problem.value)
    finally:
        for place in (folder, folder.parent):
            if place.is_symlink():
                place.unlink()
        for aside in course.glob("submitted/**/*aside"):
            os.rename(aside, folder if aside.name == "aside" else folder.parent)
