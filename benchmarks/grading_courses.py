"""Two assignments for stock nbgrader, of the size of real exercises, and what learners hand in."""

import random
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config

from autograder.tools import alembic_within_reach

_NUMBA = {
    "saxpy": (
        "@njit\ndef saxpy(a, x, y, out):\n    for i in range(x.size):\n"
        "        out[i] = a * x[i] + y[i]",
        "x, y, out = np.arange(1000.0), np.ones(1000), np.zeros(1000)\nsaxpy(2.0, x, y, out)\n"
        "assert np.allclose(out, 2.0 * x + y)",
        "assert saxpy.nopython_signatures, 'compile it'",
        ("a * x[i] + y[i]", "a * x[i]"),
    ),
    "energy": (
        "@njit(parallel=True)\ndef energy(x):\n    total = 0.0\n    for i in prange(x.size):\n"
        "        total += x[i] * x[i]\n    return total",
        "x = np.arange(1000.0)\nassert np.isclose(energy(x), (x * x).sum())",
        "assert energy(np.zeros(0)) == 0.0",
        ("x[i] * x[i]", "x[i]"),
    ),
}
_DASK = {
    "column_means": (
        "def column_means(x):\n    return (x - x.mean()).mean(axis=0)",
        "x = da.from_array(np.random.default_rng(2).random((2000, 1000)), chunks=(500, 250))\n"
        "y, found = x.compute(), column_means(x).compute()\n"
        "assert np.allclose(found, (y - y.mean()).mean(axis=0))",
        "assert column_means(x).numblocks == (4,)",
        ("axis=0", "axis=1"),
    ),
    "tree_sum": (
        "def tree_sum(parts):\n    parts = [dask.delayed(np.sum)(part) for part in parts]\n"
        "    while len(parts) > 1:\n"
        "        pairs = range(0, len(parts), 2)\n"
        "        parts = [dask.delayed(sum)(parts[i : i + 2]) for i in pairs]\n    return parts[0]",
        "total = tree_sum([np.full(1000, k) for k in range(64)])\n"
        "assert total.compute() == 1000 * sum(range(64))",
        "assert len(total.dask) == 127",
        ("parts[i : i + 2]", "parts[i : i + 1]"),
    ),
    "blocks": (
        "def blocks(x):\n"
        "    return x.map_blocks(lambda b: b.max(axis=1, keepdims=True), chunks=(x.chunks[0], 1))",
        "x = da.from_array(np.random.default_rng(3).random((1000, 400)), chunks=(100, 100))\n"
        "assert blocks(x).compute().shape == (1000, 4)",
        "assert np.isclose(blocks(x).max().compute(), x.max().compute())",
        ("b.max(axis=1, keepdims=True)", "b.max(axis=1)"),
    ),
}
EXERCISES = {
    "numba": ("import numpy as np\nfrom numba import njit, prange", _NUMBA),
    "dask": ("import dask\nimport dask.array as da\nimport numpy as np", _DASK),
}
VISIBLE, HIDDEN = 2.0, 1.0  # points of a task's tests


def make_course(root: Path) -> None:
    """An nbgrader course with both assignments, released, and a fresh gradebook."""
    for name, (imports, tasks) in EXERCISES.items():
        cells = [new_markdown_cell(f"# {name}"), new_code_cell(imports)]
        for task, (solution, visible, hidden, _) in tasks.items():
            head, body = _parts(solution)
            region = f"    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
            cells += [
                new_markdown_cell(f"## `{task}`\n\n" + "Some words on what is asked. " * 20),
                new_code_cell(f"{head}\n{region}", metadata=_mark("solution", task)),
                new_code_cell(visible, metadata=_mark("grade locked", f"{task}-test", VISIBLE)),
                new_code_cell(
                    f"### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS",
                    metadata=_mark("grade locked", f"{task}-more", HIDDEN),
                ),
            ]
        folder = root / "source" / name
        folder.mkdir(parents=True)
        for i, cell in enumerate(cells):
            cell.id = f"cell-{i}"
        kernel = {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        }
        nbformat.write(new_notebook(cells=cells, metadata=kernel), folder / f"{name}.ipynb")
    (root / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.CourseDirectory.root = {str(root)!r}\n"
        "c.CourseDirectory.course_id = 'benchmark'\n"
    )
    config = Config()
    config.CourseDirectory.root, config.CourseDirectory.course_id = str(root), "benchmark"
    alembic_within_reach()
    for name in EXERCISES:
        answer = NbGraderAPI(config=config).generate_assignment(name)
        if not answer["success"]:
            sys.exit(answer["log"])


def _parts(solution: str) -> tuple[str, str]:
    """A function's head, decorators included, and its body."""
    lines = solution.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("def ")) + 1
    return "\n".join(lines[:at]), "\n".join(lines[at:])


def _mark(kind: str, name: str, points: float | None = None) -> dict[str, Any]:
    flags = {flag: flag in kind for flag in ("grade", "solution", "locked", "task")}
    worth = {} if points is None else {"points": points}
    return {"nbgrader": {**flags, **worth, "grade_id": name, "schema_version": 3}}


def hand_in(root: Path, name: str, count: int) -> None:
    """`count` submissions that differ in their text: half right, the others wrong in some task."""
    rng = random.Random(name)
    tasks = EXERCISES[name][1]
    for number in range(count):
        wrong = rng.choice(list(tasks)) if number % 2 else ""
        folder = root / "submitted" / f"learner{number:04}" / name
        shutil.copytree(root / "release" / name, folder)
        notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
        for cell in notebook.cells:
            mark = cell.metadata.get("nbgrader", {})
            if mark.get("solution"):
                cell.source = _answer(tasks[mark["grade_id"]], mark["grade_id"] == wrong, number)
        nbformat.write(notebook, folder / f"{name}.ipynb")


def _answer(task: Any, wrong: bool, number: int) -> str:
    """What a learner writes: right, with a mistake, with a crash, or with nothing."""
    solution, _, _, mistake = task
    if wrong and number % 3 == 0:
        solution = solution.replace(*mistake)
    elif wrong:
        body = "    raise NotImplementedError" if number % 3 == 1 else "    return 1 +"
        solution = f"{_parts(solution)[0]}\n{body}"
    return f"{solution}\n# by learner {number}"
