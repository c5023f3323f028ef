"""A small exercise's notebook, as nbgrader releases it, for the tests of scripts."""

import json
from pathlib import Path
from typing import Any

Cell = dict[str, Any]


def code(source: str, **metadata: Any) -> Cell:
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [],
            "execution_count": None}  # fmt: skip


def prose(source: str) -> Cell:
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def marked(source: str, name: str, *, solution: bool, grade: bool) -> Cell:
    mark = {"grade_id": name, "solution": solution, "grade": grade, "locked": not solution}
    return code(source, nbgrader={**mark, "checksum": "0", "schema_version": 3, "task": False})


def notebook() -> dict[str, Any]:
    """Tasks `f` and `g`, each with its two locked cells, and an essay."""
    cells = [prose("# Title\n\nSome words."), code("import math")]
    for task in ("f", "g"):
        stub = f"def {task}(x):\n    raise NotImplementedError()"
        cells += [prose(f"## `{task}`"), marked(stub, task, solution=True, grade=False)]
        for kind in ("check", "hidden"):
            name = f"{task}-{kind}"
            cells.append(marked(f"{kind}({task!r})", name, solution=False, grade=True))
    cells.append(marked("Because.", "why", solution=True, grade=True) | {"cell_type": "markdown"})
    for i, cell in enumerate(cells):
        cell["id"] = f"id{i}"
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def lay(folder: Path, slug: str = "ex") -> Path:
    """A learner's folder with this exercise."""
    (folder / ".hpclab").mkdir(parents=True)
    (folder / slug).mkdir()
    (folder / slug / f"{slug}.ipynb").write_text(json.dumps(notebook()))
    return folder
